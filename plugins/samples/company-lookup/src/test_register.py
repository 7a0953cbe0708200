"""Runs the examples against what the register's answers mean; `jobwright plugin check` calls the component itself."""

import json
import pathlib
import unittest

import register

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


class Examples(unittest.TestCase):
    def test_each_answer_means_what_the_example_says(self):
        for path in sorted(EXAMPLES.glob("*.json")):
            example = json.loads(path.read_text())
            given = (example["given"]["http"] or [{"answer": {}}])[0]["answer"]
            if "problem" in given:
                continue  # nothing came back: the component's own part
            with self.subTest(path.stem):
                self.check(example, given)

    def check(self, example, given):
        settings = example["settings"]
        try:
            register.url(settings)
            body = json.dumps(given.get("body"))
            found = register.outputs(settings, given["status"], given.get("headers", {}), body)
            self.assertEqual(found, example["outputs"])
        except register.Failed as failed:
            expected = example["failure"]
            self.assertEqual((failed.kind, failed.code), (expected["kind"], expected["code"]))
            self.assertEqual(failed.at, expected.get("at"))
            self.assertEqual(failed.retry_after_ms, expected.get("retry_after_ms"))


if __name__ == "__main__":
    unittest.main()
