"""How well each fact of the model is known, and the experiments that would settle the rest."""
