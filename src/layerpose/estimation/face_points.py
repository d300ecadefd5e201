"""Picture + landmarks -> points of the face, each a vertex of the body: where the head is and how it is turned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from layerpose.estimation.face import find_face
from layerpose.estimation.landmarks import JOINTS, Landmarks

FACE_VERTICES = {
    0: 455, 1: 302, 7: 1066, 17: 496, 39: 5354, 46: 190, 50: 5065, 61: 427, 65: 177, 98: 286, 100: 5058, 105: 224,
    108: 236, 117: 901, 128: 5307, 134: 279, 151: 237, 157: 4867, 168: 132, 194: 721, 200: 724, 206: 5322, 207: 5287,
    208: 5158, 212: 5155, 249: 7758, 269: 11956, 276: 6966, 280: 11681, 291: 7187, 295: 6953, 327: 7055, 329: 11675,
    334: 6998, 337: 7008, 346: 7603, 357: 11912, 363: 7048, 384: 11485, 418: 7444, 426: 11926, 427: 11893, 428: 11772,
    432: 11769,
}  # fmt: skip
"""Number of a point of the face network's mesh -> the vertex of the body that it lies on: of those whose places on 220
faces of synthetic people, of whose bodies the pictures are known, differ least (`benchmarks/face_points.py`)."""
ROWS, VERTICES = list(FACE_VERTICES), np.array(list(FACE_VERTICES.values()))
HEAD, SHOULDERS = [0, 2, 5, 7, 8], [JOINTS["left shoulder"], JOINTS["right shoulder"]]
"""Landmarks; of the head nose, eyes and ears."""
SQUARE, SHARE = 2.0, 0.26
"""Side of the square in which a face is looked for, in ways from the shoulders to the head, and as a share of the
person's height in the picture; the larger counts."""
SURE = 0.8
"""A face of which the network is less sure is seen from the side, and what it says of it is no face's."""
APART = 0.35
"""A face whose middle is farther from the head's, as a share of the square, is somebody else's."""


def see_face(photo: UInt8[np.ndarray, "h w 3"], landmarks: Landmarks) -> Float[np.ndarray, "f 2"] | None:
    """Where the photo shows the `VERTICES`, in its pixels; None without a face, or where a person has put it right."""
    if landmarks.held[HEAD].any():
        return None
    head, shoulders = landmarks.image[HEAD, :2].mean(0), landmarks.image[SHOULDERS, :2].mean(0)
    side = max(SQUARE * float(np.linalg.norm(shoulders - head)), SHARE * float(np.ptp(landmarks.image[:, 1])))
    face = find_face(photo, head, side)
    if face is None or face.score < SURE or np.linalg.norm(face.points.mean(0) - head) > APART * side:
        return None
    return face.points[ROWS]
