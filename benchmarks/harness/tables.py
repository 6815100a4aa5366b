"""Tables that read well both in a terminal and as Markdown."""


def figure(value):
    """Three significant digits, with commas from 1,000 on; a dash for what was not measured."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 1 or value == 0:
        return f"{value:.2f}"
    return f"{value:#.3g}"


def markdown(head, lines):
    """A Markdown table whose columns are padded; all but the first are set to the right."""
    widths = [max(len(row[i]) for row in [head, *lines]) for i in range(len(head))]

    def joined(cells):
        padded = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([joined(head), joined(rule), *map(joined, lines)])


def peers_by_metric(metrics, peers, ratio_metric, reference_of):
    """A line a peer, a column a metric; last, the ratio of one metric to the peer's raw loop."""
    metrics = [metric for metric in metrics if metric.rounds]
    head = ["", *(f"{metric.name}, {metric.unit}" for metric in metrics)]
    if ratio_metric is not None:
        head.append(f"{ratio_metric.name}, ratio to raw")
    lines = []
    for peer in peers:
        if not any(peer in metric.rounds for metric in metrics):
            continue
        line = [peer, *(figure(metric.median(peer)) for metric in metrics)]
        if ratio_metric is not None:
            reference = reference_of(peer)
            ratio = ratio_metric.ratio(peer, reference)
            line.append("-" if ratio is None else f"{ratio:.2f} ({reference})")
        lines.append(line)
    return markdown(head, lines)


def rows_by_peer(metrics, peers, limit, ours):
    """A line a row, a column a peer; last, how Rondo stands to the best peer and to the limit."""
    peers = [peer for peer in peers if any(peer in metric.rounds for metric in metrics)]
    rivals = [peer for peer in peers if peer not in (limit, ours)]
    head = ["", *(f"{peer} (limit)" if peer == limit else peer for peer in peers)]
    compared = ours in peers
    scales = {"to the best peer": rivals, "to the limit": [limit] if limit in peers else []}
    scales = {title: others for title, others in scales.items() if others} if compared else {}
    head += scales
    lines = []
    for metric in metrics:
        line = [f"{metric.name}, {metric.unit}", *(figure(metric.median(peer)) for peer in peers)]
        line += [times(metric, ours, others) for others in scales.values()]
        lines.append(line)
    return markdown(head, lines)


def times(metric, ours, others):
    """Rondo's median over the least of the others' medians."""
    mine = metric.median(ours)
    found = [metric.median(other) for other in others if metric.median(other)]
    return f"{mine / min(found):.2f}" if mine is not None and found else "-"
