"""The model families, one module each; `engine.family.FAMILIES` names them."""
