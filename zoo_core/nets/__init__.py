"""The reference networks: one convolutional generator, one convolutional critic, four upsamplers."""
