import json
import pathlib
import unittest

import greet


class Examples(unittest.TestCase):
    def test_each_example_holds(self):
        for path in sorted((pathlib.Path(__file__).parent.parent / "examples").glob("*.json")):
            example = json.loads(path.read_text())
            with self.subTest(path.stem):
                try:
                    self.assertEqual(greet.greet(example["settings"]), example["outputs"])
                except greet.Failed as failed:
                    self.assertEqual(failed.code, example["failure"]["code"])


if __name__ == "__main__":
    unittest.main()
