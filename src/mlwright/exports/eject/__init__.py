"""From a model to a project of its own: features as code, learned numbers as data, the rest a small graph."""
