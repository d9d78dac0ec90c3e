"""How good the pocket model is: formulas, an independent classifier, the table and the pictures."""
