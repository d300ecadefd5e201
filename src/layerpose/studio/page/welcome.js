// Nobody to pose yet -> what to do first.
import { at, button, make } from "./elements.js";

export class Welcome {
  constructor(studio, photo) {
    this.studio = studio;
    at("welcome").append(
      make("h2", {}, "Drop a photo of one person here"),
      make("p", {}, "The whole body should be in the picture. Nothing leaves this computer."),
      button("Open a photo", () => photo.open(), { icon: "photo", className: "main" }),
    );
    studio.on("change", () => {
      at("welcome").hidden = studio.document.person !== null;
    });
  }
}
