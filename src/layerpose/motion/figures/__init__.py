"""Names -> figures: poses written down as directions of the limbs, by what people do in them."""
