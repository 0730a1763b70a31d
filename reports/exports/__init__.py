"""The figures and tables of a report as files of their own, for papers, slides, spreadsheets and other programs.

`figures/` has each figure as SVG and PNG and each story as SVG, `tables/` each table as CSV and JSON. The same run
gives the same bytes.
"""

from reports.exports.folder import export, export_figures, export_tables

__all__ = ["export", "export_figures", "export_tables"]
