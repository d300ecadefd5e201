"""The networks in other programs than PyTorch: as ONNX files, and run by ONNX Runtime or OpenVINO."""
