"""The three systems that the paper compares with: pix2pixHD, DSC and LW-GAN, each with its own networks and losses."""
