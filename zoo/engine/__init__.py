"""What every model trains by: `fit`, optimizers, averages, checks of data."""
