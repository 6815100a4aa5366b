"""The benchmarks' driver: its statistics, its tables, and that no server outlives it."""

import contextlib
import io
import os
import pathlib
import random
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "benchmarks"))

import run  # noqa: E402
from harness import many_rows, processes, server_rows, tables  # noqa: E402
from harness.peers import Peer  # noqa: E402
from harness.processes import Failed, Server  # noqa: E402
from harness.stats import Metric, paired_ratios, quantile, summary  # noqa: E402

# A server as the contract has it, with a thread less than nothing to do.
SERVER = "import time; print('listening 4242', flush=True); time.sleep(600)"


class Statistics(unittest.TestCase):
    def test_quartiles_interpolate(self):
        self.assertEqual(quantile([4, 1, 3, 2], 0.25), 1.75)
        self.assertEqual(quantile([4, 1, 3, 2], 0.75), 3.25)
        self.assertEqual(quantile([7], 0.25), 7)

    def test_quantiles_stay_within_the_values_and_in_order(self):
        seed = random.SystemRandom().randrange(1 << 32)
        source = random.Random(seed)
        for _ in range(200):
            values = [source.uniform(-5, 5) for _ in range(source.randrange(1, 30))]
            found = summary(values)
            with self.subTest(seed=seed, values=values):
                self.assertLessEqual(min(values), found["q1"])
                self.assertLessEqual(found["q1"], found["median"])
                self.assertLessEqual(found["median"], found["q3"])
                self.assertLessEqual(found["q3"], max(values))

    def test_failed_rounds_are_left_out_but_kept_in_the_record(self):
        found = summary([3, None, 1, 2])
        self.assertEqual(found["median"], 2)
        self.assertEqual(found["values"], [3, None, 1, 2])
        self.assertIsNone(summary([None, None]))

    def test_ratios_pair_the_rounds(self):
        # The second round was disturbed for both: its ratio is as good as the others'.
        self.assertEqual(paired_ratios([2, 20, None, 3], [1, 10, 5, None]), [2, 2, None, None])

    def test_ratio_is_the_median_of_ratios_not_the_ratio_of_medians(self):
        metric = Metric("time", "ns")
        for ours, theirs in ((2, 1), (300, 100), (8, 2)):
            metric.add("ours", ours)
            metric.add("theirs", theirs)
        self.assertEqual(metric.ratio("ours", "theirs"), 3)
        cell = metric.as_json(lambda name: "theirs")["cells"]["ours"]
        self.assertEqual(cell["ratio"]["median"], 3)
        self.assertEqual(cell["ratio"]["to"], "theirs")
        self.assertNotIn("ratio", metric.as_json(lambda name: "theirs")["cells"]["theirs"])
        self.assertIsNone(metric.ratio("ours", "absent"))


class Tables(unittest.TestCase):
    def test_figures_have_three_digits(self):
        cases = {None: "-", 0: "0.00", 0.01234: "0.0123", 0.36: "0.360", 1.234: "1.23"}
        cases |= {12.34: "12.3", 123.4: "123", 1234567.8: "1,234,568", -12.34: "-12.3"}
        for value, text in cases.items():
            self.assertEqual(tables.figure(value), text)

    def test_columns_line_up(self):
        lines = tables.markdown(["", "a"], [["long name", "1"], ["x", "1,000"]]).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[2], "| long name |     1 |")
        self.assertTrue(lines[1].endswith("-: |"))

    def test_micro_table_compares_rondo_with_the_best_peer_and_the_limit(self):
        metric = Metric("yield", "ns")
        for name, value in (("raw_epoll", 4), ("tokio", 60), ("node", 50), ("rondo", 10)):
            metric.add(name, value)
        peers = ["raw_epoll", "tokio", "node", "asyncio", "rondo"]
        table = tables.rows_by_peer([metric], peers, "raw_epoll", "rondo")
        self.assertNotIn("asyncio", table)  # it measured nothing
        row = table.splitlines()[-1]
        self.assertIn("0.20 |", row)
        self.assertIn("2.50 |", row)

    def test_table_without_a_limit_has_no_column_for_it(self):
        metric = Metric("yield", "ns")
        for name, value in (("tokio_mt", 60), ("go", 50), ("rondo_mt", 10)):
            metric.add(name, value)
        table = tables.rows_by_peer([metric], ["tokio_mt", "go", "rondo_mt"], "raw", "rondo_mt")
        self.assertIn(" 0.20 |", table.splitlines()[-1])
        self.assertNotIn("limit", table)

    def test_server_table_shows_the_ratio_to_the_loop_of_the_same_backend(self):
        cpu = Metric("server CPU", "us")
        for name, value in (("raw_epoll", 4), ("raw_uring", 2), ("rondo_uring", 3)):
            cpu.add(name, value)
        references = {"rondo_uring": "raw_uring"}
        peers = ["raw_epoll", "raw_uring", "failed", "rondo_uring"]
        table = tables.peers_by_metric(
            [cpu], peers, cpu, lambda name: references.get(name, "raw_epoll")
        )
        self.assertIn("1.50 (raw_uring)", table)
        self.assertIn("0.50 (raw_epoll)", table)
        self.assertNotIn("failed", table)


class Processes(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = os.path.join(directory.name, "log")

    def test_a_server_is_found_accounted_for_and_ended(self):
        server = Server([sys.executable, "-c", SERVER], self.log)
        self.addCleanup(server.stop)
        self.assertEqual(server.port, 4242)
        self.assertGreater(server.cpu_ns(), 0)
        self.assertGreater(server.resident_kib(), server.private_kib())
        processes.end_all()
        self.assertFalse(server.alive())
        self.assertFalse(processes._running)

    def test_a_server_that_ignores_the_request_to_end_is_killed(self):
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SERVER
        server = Server([sys.executable, "-c", deaf], self.log)
        server.stop(patience=0.2)
        self.assertFalse(server.alive())

    def test_a_server_that_ends_early_is_a_failure_that_names_it(self):
        with self.assertRaisesRegex(Failed, "ended before it listened .*no such thing"):
            Server([sys.executable, "-c", "'no such thing'"], self.log)
        self.assertFalse(processes._running)

    def test_exit_statuses(self):
        cores = processes.cores_of(0)
        self.assertIsNone(processes.run([sys.executable, "-c", "exit(64)"], cores))
        with self.assertRaisesRegex(Failed, "status 3"):
            processes.run([sys.executable, "-c", "exit(3)"], cores)
        with self.assertRaisesRegex(Failed, "printed no JSON"):
            processes.last_json("not JSON\n", "it")
        self.assertEqual(processes.last_json('noise\n{"ops": 3}\n', "it"), {"ops": 3})


class Runs(unittest.TestCase):
    def test_a_failing_peer_does_not_end_the_run(self):
        with tempfile.TemporaryDirectory() as directory:
            options = run.parse(["--out", directory, "--rounds", "2", "--seed", "1"])
            bench = run.Bench(options)
            working = {"echo": [sys.executable, "-c", SERVER]}
            failing = {"echo": [sys.executable, "-c", "exit(1)"]}
            bench.peers = [Peer("raw_epoll", "1", working), Peer("broken", "1", failing)]
            told = {"requests": 10, "seconds": 2, "p50_us": 5}
            with contextlib.ExitStack() as stack, contextlib.redirect_stderr(io.StringIO()):
                servers = server_rows.start_all(bench, "echo_1k", "echo", stack, lambda _: None)
                server_rows.measure_load(bench, "echo_1k", servers, lambda port, seconds: told)
            cell = bench.rows["echo_1k"]["rate"]["cells"]["raw_epoll"]
            self.assertEqual(cell["values"], [5, 5])
            self.assertIsNone(bench.rows["echo_1k"]["p99"]["cells"]["raw_epoll"]["median"])
            self.assertIn("broken", bench.problems[0])
            self.assertIn("broken", (options.out / "results.md").read_text())

    def test_rows_of_several_workers_ask_for_each_and_leave_out_who_lacks_the_row(self):
        told = "import json, sys; n = sys.argv[-1]; "
        told += "print(json.dumps({'ns_per_op': n, 'cpu_ns_per_op': n}))"
        with tempfile.TemporaryDirectory() as directory:
            bench = run.Bench(run.parse(["--out", directory, "--rounds", "2", "--seed", "1"]))
            having = {"many": [sys.executable, "-c", told]}
            lacking = {"many": [sys.executable, "-c", "exit(64)"]}
            bench.peers = [Peer("having", "1", having), Peer("lacking", "1", lacking)]
            with contextlib.redirect_stderr(io.StringIO()):
                metrics = many_rows.task_row(bench, "yield_many")
        most = many_rows.worker_counts()[-1]
        self.assertEqual(metrics[0].rounds, {"having": ["1", "1"]})
        self.assertEqual(metrics[-1].rounds, {"having": [str(most)] * 2})
        self.assertEqual(bench.problems, [])

    def test_unknown_names_are_refused(self):
        for arguments in (["--only", "htp"], ["--peers", "libeven"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                run.parse(arguments)


if __name__ == "__main__":
    unittest.main()
