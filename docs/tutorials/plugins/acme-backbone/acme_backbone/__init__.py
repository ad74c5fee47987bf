"""A guided generator for zoo with a timm network as its encoder."""
