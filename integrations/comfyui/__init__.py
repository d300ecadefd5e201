"""layerpose in ComfyUI: copy this folder into ComfyUI/custom_nodes and `pip install layerpose`."""

# ComfyUI gives the folder a name of its own.
from .nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS  # noqa: TID252

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
