"""What every floor above uses: parameters, files, errors, the frame of a stage."""
