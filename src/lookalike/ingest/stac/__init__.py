"""STAC catalogs and GeoParquet files of their items as sources of images."""
