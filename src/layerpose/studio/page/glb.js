// The body's GLB, as the server writes it -> a skinned mesh, its skeleton and where its pelvis stands over the floor.
import {
  Bone,
  BufferAttribute,
  BufferGeometry,
  Matrix4,
  MeshLambertMaterial,
  Skeleton as Bones,
  SkinnedMesh,
  SRGBColorSpace,
  Texture,
  Vector3,
} from "./vendor/three.module.min.js";
import { Skeleton } from "./skeleton.js";

const MAGIC = 0x46546c67; // "glTF"
const TYPES = { 5121: Uint8Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const WIDTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const ATTRIBUTES = {
  POSITION: "position",
  NORMAL: "normal",
  TEXCOORD_0: "uv",
  JOINTS_0: "skinIndex",
  WEIGHTS_0: "skinWeight",
};

export async function readBody(bytes) {
  const file = open(bytes);
  const joints = file.json.skins[0].joints.map((node) => file.json.nodes[node]);
  const { skeleton, pelvis } = readSkeleton(joints);
  const bones = makeBones(skeleton);
  const mesh = new SkinnedMesh(readGeometry(file), await readMaterial(file));
  mesh.add(bones[0]);
  const inverse = file.read(file.json.skins[0].inverseBindMatrices);
  mesh.bind(
    new Bones(
      bones,
      bones.map((_, row) => new Matrix4().fromArray(inverse, row * 16)),
    ),
    new Matrix4(),
  );
  mesh.frustumCulled = false;
  mesh.castShadow = true;
  return { mesh, bones, skeleton, pelvis };
}

function open(bytes) {
  const view = new DataView(bytes);
  if (bytes.byteLength < 20 || view.getUint32(0, true) !== MAGIC) throw new Error("the body that came is no GLB");
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, length)));
  const start = 28 + length;
  const slice = (view) => bytes.slice(start + (view.byteOffset ?? 0), start + (view.byteOffset ?? 0) + view.byteLength);
  const read = (index) => {
    const { bufferView, componentType, count, type, byteOffset = 0 } = json.accessors[index];
    return new TYPES[componentType](slice(json.bufferViews[bufferView]), byteOffset, count * WIDTHS[type]);
  };
  return { json, read, slice };
}

function readSkeleton(joints) {
  const parents = joints.map(() => -1);
  joints.forEach((joint, row) =>
    (joint.children ?? []).forEach((child) => {
      parents[child] = row;
    }),
  );
  const places = joints.map((joint) => new Vector3(...(joint.translation ?? [0, 0, 0])));
  const pelvis = places[0];
  const offsets = places.map((place, row) => (row ? place : new Vector3()));
  return {
    skeleton: new Skeleton(
      joints.map((joint) => joint.name),
      parents,
      offsets,
    ),
    pelvis,
  };
}

function makeBones({ names, parents, offsets }) {
  const bones = names.map((name) => Object.assign(new Bone(), { name }));
  bones.forEach((bone, row) => {
    bone.position.copy(offsets[row]);
    if (parents[row] >= 0) bones[parents[row]].add(bone);
  });
  return bones;
}

function readGeometry(file) {
  const [{ attributes, indices }] = file.json.meshes[0].primitives;
  const geometry = new BufferGeometry();
  for (const [theirs, ours] of Object.entries(ATTRIBUTES)) {
    const accessor = file.json.accessors[attributes[theirs]];
    geometry.setAttribute(ours, new BufferAttribute(file.read(attributes[theirs]), WIDTHS[accessor.type]));
  }
  geometry.setIndex(new BufferAttribute(file.read(indices), 1));
  return geometry;
}

async function readMaterial(file) {
  const image = file.json.images?.[0];
  if (!image) return new MeshLambertMaterial({ color: 0xb8a191 });
  const blob = new Blob([file.slice(file.json.bufferViews[image.bufferView])], { type: image.mimeType });
  const texture = new Texture(await createImageBitmap(blob));
  texture.colorSpace = SRGBColorSpace;
  texture.flipY = false;
  texture.anisotropy = 4;
  texture.needsUpdate = true;
  return new MeshLambertMaterial({ map: texture });
}
