"""A wardrobe drawn by code alone: clothes, shoes, hair, skins and eyes for machines without asset files."""
