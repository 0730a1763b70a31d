"""The page of a kill matrix: which defect was found by which invariant, and whether the sound system was acquitted."""

from reports.kill_matrix.page import PAGE, render_matrix, write_matrix
from reports.kill_matrix.shape import SUMMARY, KillMatrix, read_matrix

__all__ = ["PAGE", "SUMMARY", "KillMatrix", "read_matrix", "render_matrix", "write_matrix"]
