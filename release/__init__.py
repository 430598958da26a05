"""What goes out with a release: pinned dependencies, their licences, the list of parts (SBOM), wheels for a machine without a network."""
