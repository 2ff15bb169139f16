"""What an experiment asks of Python: figures, pictures, and Dask."""
