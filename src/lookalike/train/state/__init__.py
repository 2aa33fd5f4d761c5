"""What a training has to keep, so that it can be stopped and go on."""
