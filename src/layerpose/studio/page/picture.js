// A document and its person -> what the server is asked to draw: the whole body before the picture's camera.

export const BACKGROUNDS = ["keep", "transparent"];

// The camera in which the pelvis, moved by `root` (body axes), is seen where it went.
export function moveCamera(camera, [x, y, z]) {
  const [u, v] = camera.translation;
  const distance = camera.distance_m;
  const nearer = distance === undefined ? 1 : distance / Math.max(distance + y, 0.1 * distance);
  const scale = camera.scale * nearer;
  const moved = { scale, translation: [u + scale * x, v - scale * z] };
  return distance === undefined ? moved : { ...moved, distance_m: Math.max(1, distance + y) };
}

export const cameraOf = (document, person) => document.frame ?? person.body.camera;
export const shapeOf = (document, person) => document.phenotype ?? person.body.phenotype;

export function bodyOf(document, person) {
  return {
    layerpose_pose: 1,
    phenotype: shapeOf(document, person),
    camera: moveCamera(cameraOf(document, person), document.root),
    rotations: document.rotations,
  };
}

export function drawRequest(document, person, size) {
  const { also, background, layers } = document;
  return { person: person.id, also, body: bodyOf(document, person), size, background, layers };
}

// Where the camera shows a place (body axes, seen from the pelvis in the photo), in canvas units.
export function project([x, y, z], { scale, translation: [u, v], distance_m: distance }) {
  const nearer = distance === undefined ? 1 : distance / Math.max(distance + y, 0.1 * distance);
  return [scale * nearer * x + u, v - scale * nearer * z];
}

// A camera that shows all points, centred, no larger than the photo's.
export function frameAround(points, camera, margin = 0.07) {
  const flat = points.map((point) => project(point, { ...camera, scale: 1, translation: [0, 0] }));
  const low = [0, 1].map((axis) => Math.min(...flat.map((point) => point[axis])));
  const high = [0, 1].map((axis) => Math.max(...flat.map((point) => point[axis])));
  const largest = Math.max(high[0] - low[0], high[1] - low[1]);
  const scale = Math.min(camera.scale, (1 - 2 * margin) / largest);
  const translation = [0, 1].map((axis) => 0.5 - (scale * (low[axis] + high[axis])) / 2);
  return { ...camera, scale, translation };
}
