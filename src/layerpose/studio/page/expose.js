// The page's insides -> `window.studio`, by which tests and the console look at it.

export function expose({ studio, stage, figure, handles, result, people, store }) {
  window.studio = {
    studio, stage, figure, handles, result, people, store,
    state: () => structuredClone(studio.live),
    jointPosition: (name) => figure.jointPosition(name),
    screenPoint: (name) => {
      const { x, y } = stage.toScreen(figure.inScene(figure.pose.place(name)));
      const box = stage.container.getBoundingClientRect();
      return { x: x + box.left, y: y + box.top };
    },
    idle: async () => {
      await people.coming;
      await result.idle();
    },
    frameRate: () => stage.frameRate(),
  };
}
