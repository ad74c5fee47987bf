"""The ColorPicker upsampler as a plugin of zoo."""
