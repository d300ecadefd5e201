// A posed body -> what stands in the viewport: floor, shadow, light, the picture's frame, and the viewer's camera.
import {
  BufferGeometry,
  CanvasTexture,
  CircleGeometry,
  Color,
  DirectionalLight,
  Fog,
  GridHelper,
  Group,
  HemisphereLight,
  Line,
  LineBasicMaterial,
  LineLoop,
  Mesh,
  MeshBasicMaterial,
  PCFShadowMap,
  PerspectiveCamera,
  PlaneGeometry,
  Raycaster,
  Plane,
  Scene,
  ShadowMaterial,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "./vendor/three.module.min.js";
import { OrbitControls } from "./vendor/OrbitControls.js";

const BACKGROUND = 0x2b2d31;
const FAR_AWAY_M = 8; // where the viewport's camera stands for a picture without perspective
const MARGIN = 1.12; // of the viewport round the picture's frame
const SHARPEST = 2; // device pixels a pixel
const VIEWS = { front: [0, 0, 1], back: [0, 0, -1], left: [1, 0, 0], right: [-1, 0, 0], top: [0, 1, 0.001] };

export class Stage {
  constructor(container) {
    this.container = container;
    this.renderer = new WebGLRenderer({ antialias: true, powerPreference: "high-performance" });
    this.economise(isSoftware(this.renderer.getContext()));
    this.renderer.domElement.setAttribute("aria-hidden", "true");
    container.prepend(this.renderer.domElement);
    this.scene = new Scene();
    this.scene.background = new Color(BACKGROUND);
    this.scene.fog = new Fog(BACKGROUND, 9, 22);
    this.camera = new PerspectiveCamera(24, 1, 0.05, 80);
    this.controls = new OrbitControls(this.camera, container);
    Object.assign(this.controls, { enableDamping: false, minDistance: 0.25, maxDistance: 18, zoomToCursor: true });
    this.controls.addEventListener("change", () => this.invalidate());
    this.afterDrawing = new Set();
    this.frames = [];
    this.controls.addEventListener("start", () => {
      this.untouched = false;
    });
    furnish(this);
    new ResizeObserver(() => this.resize()).observe(container);
  }

  // Without a graphics processor there is a plain shadow and no more pixels than needed.
  economise(slow) {
    const full = !slow || localStorage.getItem("layerpose-graphics") === "full";
    this.renderer.shadowMap.enabled = full;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.sharpest = full ? SHARPEST : 1;
    this.full = full;
  }

  // Draws once before the next repaint, however often it is called.
  invalidate() {
    this.wanted ??= requestAnimationFrame((now) => {
      this.wanted = null;
      this.draw(now);
    });
  }

  draw(now = performance.now()) {
    this.frames = [...this.frames.filter((time) => now - time < 1000), now];
    this.renderer.render(this.scene, this.camera);
    for (const call of this.afterDrawing) call();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (!width || !height) return;
    Object.assign(this, { width, height }); // asking for them while handles move would lay the page out each time
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, this.sharpest));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    if (this.untouched) this.look("front");
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  stand(body) {
    if (this.body) this.scene.remove(this.body.mesh);
    this.body = body;
    this.scene.add(body.mesh);
  }

  // The square that the picture shows, drawn round the body where its pelvis was in the photo.
  frameAt({ scale, translation: [u, v], distance_m: distance }) {
    const { x, y } = this.body.pelvis;
    const left = x - u / scale,
      top = y + v / scale,
      side = 1 / scale;
    this.frame = { left, top, side, distance: distance ?? FAR_AWAY_M };
    const corners = [
      [left, top],
      [left + side, top],
      [left + side, top - side],
      [left, top - side],
    ];
    this.outline.geometry.setFromPoints(corners.map(([a, b]) => new Vector3(a, b, 0)));
    this.outline.geometry.computeBoundingSphere();
    this.invalidate();
  }

  // From the front the viewport shows what the picture shows.
  look(name) {
    if (!this.frame) return;
    this.untouched = name === "front"; // until somebody looks from elsewhere, the view follows the window's size
    const { left, top, side, distance } = this.frame;
    const centre = new Vector3(left + side / 2, top - side / 2, 0);
    const narrow = Math.min(1, this.camera.aspect);
    this.camera.fov = (2 * Math.atan((MARGIN * side) / 2 / narrow / distance) * 180) / Math.PI;
    this.controls.target.copy(centre);
    this.camera.position.fromArray(VIEWS[name]).multiplyScalar(distance).add(centre);
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.invalidate();
  }

  // A place in the scene -> pixels of the container, and how far away it is.
  toScreen(place) {
    const seen = place.clone().project(this.camera);
    const { width, height } = this;
    return { x: ((seen.x + 1) / 2) * width, y: ((1 - seen.y) / 2) * height, depth: seen.z };
  }

  // Where the pointer's ray meets the plane through a place that faces the viewer.
  underPointer({ clientX, clientY }, place) {
    const box = this.container.getBoundingClientRect();
    const at = new Vector2(((clientX - box.left) / box.width) * 2 - 1, 1 - ((clientY - box.top) / box.height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(at, this.camera);
    const plane = new Plane().setFromNormalAndCoplanarPoint(this.camera.getWorldDirection(new Vector3()), place);
    return ray.ray.intersectPlane(plane, new Vector3());
  }

  // The screen's right, up and towards the viewer, as directions in the scene.
  axes() {
    const { elements } = this.camera.matrixWorld;
    return [0, 4, 8].map((start) => new Vector3(elements[start], elements[start + 1], elements[start + 2]));
  }

  frameRate() {
    const now = performance.now();
    return this.frames.filter((time) => now - time < 1000).length;
  }
}

function isSoftware(gl) {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|software|basic render/i.test(
    names ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL) : "",
  );
}

function furnish(stage) {
  const { scene } = stage;
  scene.add(new HemisphereLight(0xffffff, 0xa09c98, 2.9));
  const sun = new DirectionalLight(0xffffff, 1.3);
  sun.position.set(1.2, 4.5, 2.6);
  sun.castShadow = stage.full;
  sun.shadow.mapSize.set(1024, 1024);
  sun.shadow.radius = 5;
  sun.shadow.normalBias = 0.02;
  Object.assign(sun.shadow.camera, { left: -1.8, right: 1.8, top: 2, bottom: -1.6, near: 0.5, far: 9 });
  scene.add(sun);
  const floor = new Mesh(new PlaneGeometry(60, 60), new MeshBasicMaterial({ color: 0x33363b }));
  const shadow = new Mesh(new PlaneGeometry(8, 8), new ShadowMaterial({ opacity: 0.34 }));
  for (const [plane, height] of [
    [floor, -0.003],
    [shadow, 0],
  ]) {
    plane.rotation.x = -Math.PI / 2;
    plane.position.y = height;
    scene.add(plane);
  }
  shadow.receiveShadow = true;
  shadow.visible = stage.full;
  stage.blob = makeBlob();
  stage.blob.visible = !stage.full;
  scene.add(stage.blob);
  const grid = new GridHelper(12, 24, 0x44484f, 0x3b3e44);
  grid.position.y = -0.001;
  scene.add(grid);
  stage.outline = new LineLoop(
    new BufferGeometry(),
    new LineBasicMaterial({ color: 0x8b929c, fog: false, depthTest: false, transparent: true, opacity: 0.65 }),
  );
  scene.add(stage.outline);
  stage.balance = makeBalance();
  scene.add(stage.balance);
}

// A round shadow that only says where the body stands.
function makeBlob() {
  const paper = new OffscreenCanvas(128, 128).getContext("2d");
  const shade = paper.createRadialGradient(64, 64, 4, 64, 64, 62);
  shade.addColorStop(0, "rgb(0 0 0 / .5)");
  shade.addColorStop(1, "rgb(0 0 0 / 0)");
  paper.fillStyle = shade;
  paper.fillRect(0, 0, 128, 128);
  const texture = new CanvasTexture(paper.canvas);
  const blob = new Mesh(
    new PlaneGeometry(1.3, 0.9),
    new MeshBasicMaterial({ map: texture, transparent: true, depthWrite: false, fog: false }),
  );
  blob.rotation.x = -Math.PI / 2;
  blob.position.y = 0.001;
  return blob;
}

// The centre of mass: a plumb line and its foot on the floor.
function makeBalance() {
  const group = new Group();
  const foot = new Mesh(
    new CircleGeometry(0.035, 32),
    new MeshBasicMaterial({ color: 0x7fd1a4, transparent: true, opacity: 0.9 }),
  );
  foot.rotation.x = -Math.PI / 2;
  const ends = new BufferGeometry().setFromPoints([new Vector3(), new Vector3(0, 1, 0)]);
  const line = new Line(
    ends,
    new LineBasicMaterial({ color: 0x7fd1a4, depthTest: false, transparent: true, opacity: 0.7 }),
  );
  group.add(foot, line);
  group.visible = false;
  return Object.assign(group, { foot, line });
}
