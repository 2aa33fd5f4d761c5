"""What every layer above uses: parameters, files, seeds, errors."""
