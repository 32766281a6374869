"""Entities, variables, devices and groups: state and rules, nothing of the wire and nothing of Home Assistant."""

from .domain import Domain

__all__ = ["Domain"]
