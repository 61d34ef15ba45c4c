#!/usr/bin/env python3
"""Synthetic natural persons, all valid and all different: people.py COUNT [csv | jsonl] [FIRST]

Each line has a resident number (GB 11643-1999, with its check character) and a name. Person n is the
same in every run. Nobody is meant: a number's parts are counted through, not taken from anywhere.
"""
import json
import sys

AREAS = ["110101", "120101", "130102", "210102", "310101", "320102", "330102", "350102", "370102",
         "410102", "420102", "430102", "440103", "500101", "510104", "610102", "650102", "540102"]
FAMILY = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰秀文慧建国红梅"
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CHECK = "10X98765432"
DAYS, MONTHS, FIRST_YEAR, YEARS = 28, 12, 1930, 80


def number(n):
    """The n-th resident number: sequence, area, day, month and year counted through."""
    n, sequence = divmod(n, 999)
    n, area = divmod(n, len(AREAS))
    n, day = divmod(n, DAYS)
    n, month = divmod(n, MONTHS)
    year = FIRST_YEAR + n % YEARS
    body = f"{AREAS[area]}{year:04}{month + 1:02}{day + 1:02}{sequence + 1:03}"
    return body + CHECK[sum(int(d) * w for d, w in zip(body, WEIGHTS)) % 11]


def name(n):
    n, family = divmod(n, len(FAMILY))
    n, first = divmod(n, len(GIVEN))
    second = n % (len(GIVEN) + 1)
    return FAMILY[family] + GIVEN[first] + GIVEN[second:second + 1]


def main():
    count = int(sys.argv[1])
    form = sys.argv[2] if len(sys.argv) > 2 else "csv"
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    if form == "csv":
        print("number,name")
    lines = []
    for n in range(first, first + count):
        if form == "csv":
            lines.append(f"{number(n)},{name(n)}\n")
        else:
            lines.append(json.dumps({"number": number(n), "name": name(n)},
                                    ensure_ascii=False) + "\n")
        if len(lines) == 10000:
            sys.stdout.write("".join(lines))
            lines = []
    sys.stdout.write("".join(lines))


if __name__ == "__main__":
    main()
