// Pictures and poses <-> the clipboard, where the browser lets the page at it: on this machine, or over HTTPS.

export const canCopy = () => Boolean(navigator.clipboard?.write && window.ClipboardItem);

// A picture (PNG) as a picture, anything else as text.
export async function copy(blob) {
  const type = blob.type === "image/png" ? blob.type : "text/plain";
  const content = type === blob.type ? blob : new Blob([await blob.text()], { type });
  await allowed(navigator.clipboard.write([new ClipboardItem({ [type]: content })]), "fill");
}

// What is in it: {file} of a picture, else {text}.
export async function pasted() {
  const items = await allowed(navigator.clipboard.read(), "read");
  for (const item of items) {
    const type = item.types.find((name) => name.startsWith("image/"));
    if (type) return { file: new File([await item.getType(type)], `clipboard.${type.split("/")[1]}`, { type }) };
  }
  const item = items.find(({ types }) => types.includes("text/plain"));
  return { text: item ? await (await item.getType("text/plain")).text() : "" };
}

function allowed(promise, verb) {
  return promise.catch((error) => {
    if (error.name !== "NotAllowedError") throw error;
    const instead = verb === "read" ? "; press Ctrl+V instead" : "";
    throw new Error(`the browser does not let the page ${verb} the clipboard${instead}`);
  });
}
