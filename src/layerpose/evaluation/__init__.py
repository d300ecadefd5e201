"""How good a picture is: SSIM, LPIPS, and where the body landed."""
