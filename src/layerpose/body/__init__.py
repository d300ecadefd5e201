"""Pose -> mesh: the body model, its parts, its keypoints, the camera."""
