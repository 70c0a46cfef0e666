"""Internal quality control: control rules, comparison between laboratories, new lots. Frames in, frames out."""
