"""The stage `export`: the network as a graph that runs without torch."""
