# A request's latency is a + W + S: what the path takes of each (a), its wait
# for a worker, and its service. W is 0 with probability 1 - P and else
# exponential: P by Erlang's C formula (1917), the mean wait by Kimura
# (1986), who weighs the waits of exponential and of constant services by
# the scv of the law; the latter by Cosmetatos (1976).

STEPS = 200  # splits of the wait over which is summed


class Law:
    """A law of service: mean, scv (variance / mean^2), above(t) = P(S > t)."""

    def __init__(self, mean_ns, scv, above):
        self.mean_ns, self.scv, self.above = mean_ns, scv, above


def exponential(mean_ns):
    return Law(mean_ns, 1.0, lambda t: 1.0 if t <= 0 else math.exp(-t / mean_ns))


def constant(mean_ns):
    return Law(mean_ns, 0.0, lambda t: 1.0 if t < mean_ns else 0.0)


def lognormal(mean_ns, scv):
    s2 = math.log(1 + scv)

    def above(t):
        if t <= 0:
            return 1.0
        return math.erfc((math.log(t / mean_ns) + s2 / 2) / math.sqrt(2 * s2)) / 2

    return Law(mean_ns, scv, above)


def two_point(mean_ns, scv, share):
    """Short and long services, `share` of them long."""
    d = math.sqrt(scv)
    short = mean_ns * (1 - d * math.sqrt(share / (1 - share)))
    long = mean_ns * (1 + d * math.sqrt((1 - share) / share))
    return Law(mean_ns, scv, lambda t: 1.0 if t < short else share if t < long else 0.0)


def erlang_c(k, a):
    """Share of requests that wait: a = rate * mean service, of k workers."""
    b = 1.0
    for i in range(1, k + 1):
        b = a * b / (i + a * b)
    return b / (1 - a / k * (1 - b))


def mean_wait(k, rho, scv):
    """Of all requests, in mean services."""
    m = erlang_c(k, rho * k) / (k * (1 - rho))
    d = 1 + (1 - rho) * (k - 1) * (math.sqrt(4 + 5.0 * k) - 2) / (16.0 * k * rho)
    d = m / 2 * min(d, 2)
    return (1 + scv) / (2 * scv / m + (1 - scv) / d)


def quantile_ns(law, everyone, rate_rps, workers, q):
    """Of requests under `law` among all under `everyone`; NaN: not stable."""
    mean = everyone.mean_ns * TIMES + PLUS_NS
    k = 1 if SPLIT else workers
    rho = rate_rps * 1e-9 * mean / workers
    part = everyone.mean_ns * TIMES / mean
    if not 0 < rho < 1 or not 0 < q < 1:
        return math.nan
    wait = mean_wait(k, rho, everyone.scv * part * part) * mean * WAIT_TIMES
    waits = min(1, erlang_c(k, rho * k) * WAITS_TIMES)
    rate = waits / wait

    def service_above(t):
        return law.above((t - PLUS_NS) / TIMES)

    def later(t):
        rest = math.exp(-rate * t)
        total = sum(
            service_above(t + math.log1p(-(i + 0.5) / STEPS * (1 - rest)) / rate)
            for i in range(STEPS)
        )
        return (1 - waits) * service_above(t) + waits * (rest + (1 - rest) * total / STEPS)

    lo, hi = 0.0, mean
    while later(hi) > 1 - q:
        hi *= 2
    for _ in range(60):
        middle = (lo + hi) / 2
        if later(middle) > 1 - q:
            lo = middle
        else:
            hi = middle
    return PATH_NS + hi
