"""Does a GLB stand in three.js as here? ``python benchmarks/glb_in_three.py --three PACKAGE [walk dance FILE ...]``.

PACKAGE is three.js as ``npm pack three`` brings it, unpacked. Every motion is written as GLB and opened in a headless
Chromium; at ten frames the joints and the skin are compared with the body's own, in millimetres. Exit code 1 where
a joint is off by 5 mm. ``--pictures FOLDER`` keeps what three.js draws.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from study import chromium

from layerpose.body.model import body_model
from layerpose.export.actors import open_take
from layerpose.motion.write.glb import split_seams, write_glb
from layerpose.motion.write.take import Y_UP, Take

NUM_FRAMES = 10
LIMIT_MM = 5.0
SIZE = 512
PAGE = """<!doctype html><style>body{margin:0}</style><script type="importmap">
{"imports": {"three": "/three/build/three.module.js", "three/addons/": "/three/examples/jsm/"}}</script>
<script type="module">
import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
const renderer = new THREE.WebGLRenderer({antialias: true, preserveDrawingBuffer: true});
renderer.setSize(SIZE, SIZE); document.body.append(renderer.domElement);
const scene = new THREE.Scene(); scene.background = new THREE.Color(0xd8dde4);
scene.add(new THREE.HemisphereLight(0xffffff, 0x888888, 2.0));
const sun = new THREE.DirectionalLight(0xffffff, 2.0); sun.position.set(1, 3, 4); scene.add(sun);
scene.add(new THREE.GridHelper(6, 12, 0x666666, 0xaaaaaa));
const camera = new THREE.PerspectiveCamera(35, 1, 0.1, 50);
const gltf = await new GLTFLoader().loadAsync('/model.glb');
scene.add(gltf.scene);
const mixer = new THREE.AnimationMixer(gltf.scene);
const clip = gltf.animations[0];
const action = clip && mixer.clipAction(clip);
if (action) { action.setLoop(THREE.LoopOnce); action.clampWhenFinished = true; action.play(); }
window.show = (time, azimuth) => {
  if (action) { action.reset(); mixer.setTime(time); }
  scene.updateMatrixWorld(true);
  const meshes = []; scene.traverse(node => { if (node.isSkinnedMesh) meshes.push(node); });
  meshes[0].skeleton.update();
  const root = new THREE.Vector3().setFromMatrixPosition(meshes[0].skeleton.bones[0].matrixWorld);
  camera.position.set(root.x + 3.6 * Math.sin(azimuth), 1.2, root.z + 3.6 * Math.cos(azimuth));
  camera.lookAt(root.x, 0.9, root.z);
  renderer.render(scene, camera);
  const joints = {};
  for (const bone of meshes[0].skeleton.bones)
    joints[bone.userData.name ?? bone.name] = new THREE.Vector3().setFromMatrixPosition(bone.matrixWorld).toArray();
  const skin = [];
  for (const mesh of meshes) for (let i = 0; i < mesh.geometry.attributes.position.count; i += 7)
    skin.push(mesh.getVertexPosition(i, new THREE.Vector3()).applyMatrix4(mesh.matrixWorld).toArray());
  return {joints, skin};
};
window.ready = true;
</script>"""


class Server(http.server.SimpleHTTPRequestHandler):
    """The page, the model, and three.js."""

    def __init__(self, *args: Any, three: Path, model: Path, **kwargs: Any) -> None:
        self.three, self.model = three, model
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        if path == "/model.glb":
            return str(self.model)
        return str(self.three / path.removeprefix("/three/")) if path.startswith("/three/") else str(self.three)

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.replace("SIZE", str(SIZE)).encode())

    def log_message(self, *args: Any) -> None:
        pass


def run(three: Path, take: Take, pictures: Path | None, name: str) -> tuple[float, float]:
    """Largest distance of a joint and of a vertex, in millimetres, over ten frames."""
    from playwright.sync_api import sync_playwright

    vertex = split_seams()[0]
    frames = np.unique(np.linspace(0, take.motion.num_frames - 1, NUM_FRAMES).round().astype(int))
    joints_mm, skin_mm = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        model = Path(folder) / "model.glb"
        write_glb(take, model)
        handler = functools.partial(Server, three=three, model=model)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        )
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        page.on("console", lambda message: print(message.text, file=sys.stderr))
        page.on("pageerror", lambda error: print(error, file=sys.stderr))
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.wait_for_function("window.ready === true")
        for number, frame in enumerate(frames):
            found = page.evaluate("([t, a]) => show(t, a)", [frame / take.motion.fps, 0.5])
            here = dict(zip(body_model().bone_names, take.heads_m[frame] @ Y_UP.T, strict=True))
            joints_mm = max(joints_mm, *(1000 * np.linalg.norm(here[n] - at) for n, at in found["joints"].items()))
            posed = body_model().pose(take.rest, take.rotations[frame])
            skin = ((posed.vertices + take.pelvis_m[frame]) @ Y_UP.T)[vertex[::7]]
            skin_mm = max(skin_mm, 1000 * np.linalg.norm(skin - np.array(found["skin"]), axis=1).max())
            assert len(found["joints"]) == len(here)
            if pictures is not None:
                page.screenshot(path=pictures / f"{name}-{number}.png")
        browser.close()
        server.shutdown()
    return joints_mm, skin_mm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("motions", nargs="*", default=["walk", "dance"])
    parser.add_argument("--three", type=Path, required=True)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    worst = 0.0
    print("| motion | joints off by at most, mm | skin off by at most, mm |\n|---|---|---|")
    for text in given.motions:
        joints_mm, skin_mm = run(given.three, open_take(text), given.pictures, Path(text).stem)
        worst = max(worst, joints_mm)
        print(f"| {Path(text).name} | {joints_mm:.3f} | {skin_mm:.1f} |", flush=True)
    sys.exit(int(worst > LIMIT_MM))


if __name__ == "__main__":
    main()
