"""Files -> poses of the body: BVH, pose files, a small library; retargeting onto the body's skeleton."""
