"""Notebook-driven reporting workbench for external quality assessment (EQA) of medical laboratories."""

__version__ = "0.1.0"
