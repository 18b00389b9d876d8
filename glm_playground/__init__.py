"""Read about, compare and try the GLM models."""
