"""Medians, quartiles and paired ratios over rounds in which a measurement may have failed."""

import statistics


def quantile(values, fraction):
    """The quantile by linear interpolation between the sorted values around it."""
    ordered = sorted(values)
    position = fraction * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def summary(values):
    """Median and quartiles of the rounds that gave a value; None where none did."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    return {
        "median": statistics.median(present),
        "q1": quantile(present, 0.25),
        "q3": quantile(present, 0.75),
        "values": values,
    }


def paired_ratios(values, reference):
    """Ratios within each round, so that what disturbs a whole round cancels out."""
    return [
        value / base if value is not None and base else None
        for value, base in zip(values, reference)
    ]


class Metric:
    """One measured quantity of a row: a list over rounds for every peer."""

    def __init__(self, name, unit):
        self.name = name
        self.unit = unit
        self.rounds = {}

    def add(self, peer, value):
        self.rounds.setdefault(peer, []).append(value)

    def median(self, peer):
        found = summary(self.rounds.get(peer, []))
        return found["median"] if found else None

    def ratio(self, peer, reference):
        """Median of the ratios of the rounds, or None without both."""
        pairs = paired_ratios(self.rounds.get(peer, []), self.rounds.get(reference, []))
        found = summary(pairs)
        return found["median"] if found else None

    def as_json(self, reference_of):
        cells = {}
        for peer, values in self.rounds.items():
            cell = summary(values) or {"median": None, "values": values}
            reference = reference_of(peer)
            pairs = paired_ratios(values, self.rounds.get(reference, []))
            if reference != peer and any(pair is not None for pair in pairs):
                cell["ratio"] = summary(pairs) | {"to": reference}
            cells[peer] = cell
        return {"unit": self.unit, "cells": cells}
