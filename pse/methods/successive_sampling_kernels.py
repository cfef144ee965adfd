"""Compiled loops of successive sampling: random walk over size and degree distribution, imputed visibilities.

People who were not seen are never held one by one: given the size and the degree distribution, only the total
of their degrees enters the order of recruitment. See `pse.methods.successive_sampling` for the model.
"""

import math

import numpy as np
from numba import njit

__all__ = ["impute", "walk"]

TILTS = 3  # steps towards the tilt; it only has to be near
GROUP = 8  # factors multiplied before a logarithm is taken
STEPS_OF_SIZE, STEPS_OF_LINE = 3, 4  # of random walks, for each renewal of the visibilities


@njit(cache=True)
def unit_sizes(theta, nu, log_factorials, p):
    """Fill p with the Conway-Maxwell-Poisson probabilities of 1..K; return the log of their normaliser."""
    top = -np.inf
    for i in range(len(p)):
        p[i] = theta * (i + 1) - nu * log_factorials[i]
        top = max(top, p[i])
    total = 0.0
    for i in range(len(p)):
        p[i] = math.exp(p[i] - top)
        total += p[i]
    for i in range(len(p)):
        p[i] /= total
    return top + math.log(total)


@njit(cache=True)
def degree_density(p, log_factorials, belief, moments):
    """Fill moments (mean, sd); return the log prior density in (theta, nu), with the change of variables."""
    mean, mean_log = 0.0, 0.0
    for i in range(len(p)):
        mean += p[i] * (i + 1)
        mean_log += p[i] * log_factorials[i]
    v, c, skew, d = 0.0, 0.0, 0.0, 0.0
    for i in range(len(p)):
        x, y = i + 1 - mean, log_factorials[i] - mean_log
        v += p[i] * x * x
        c += p[i] * x * y
        skew += p[i] * x * x * x
        d += p[i] * x * x * y
    moments[0], moments[1] = mean, math.sqrt(v)
    if v < 1e-10:
        return -np.inf
    sd = math.sqrt(v)
    stretch = abs(c * skew - v * d) / (2 * sd)  # determinant of d(mean, sd) / d(theta, nu)
    if stretch <= 0:
        return -np.inf
    centre, spread, mean_people, sd_people = belief
    off = (mean - centre) / sd
    normal = -math.log(sd) - 0.5 * mean_people * off * off
    chi = -(sd_people + 1) * math.log(sd) - 0.5 * sd_people * spread * spread / v
    return normal + chi + math.log(stretch)


@njit(cache=True)
def tilt(p, unseen, knots, weight, q):
    """Fill q with p tilted to those left over; return the tilt and the log of the lost normaliser."""
    mean = 0.0
    for i in range(len(p)):
        mean += p[i] * (i + 1)
    psi, norm = 0.0, 1.0
    for _ in range(TILTS):
        psi = 0.0
        for k in range(len(knots)):
            psi += weight / (unseen * mean + knots[k])
        step, fall, norm, mean = math.exp(-psi), 1.0, 0.0, 0.0
        for i in range(len(p)):
            fall *= step
            q[i] = p[i] * fall
            norm += q[i]
            mean += q[i] * (i + 1)
        mean /= norm
    for i in range(len(p)):
        q[i] /= norm
    return psi, math.log(norm)


@njit(cache=True)
def draw_total(q, unseen, rng):
    """Return the summed sizes of `unseen` people with class probabilities q, class by class."""
    left, mass, total = unseen, 1.0, 0
    for i in range(len(q) - 1):
        if left == 0:
            return total
        share = q[i] / mass if q[i] < mass else 1.0
        here = rng.binomial(left, share)
        total += here * (i + 1)
        left -= here
        mass -= q[i]
    return total + left * len(q)


@njit(cache=True)
def order_log(rests, total):
    """Return the sum of log(rest + total) over the draws of all surveys."""
    log_sum, product = 0.0, 1.0
    for k in range(len(rests)):
        product *= rests[k] + total
        if k % GROUP == GROUP - 1:
            log_sum += math.log(product)
            product = 1.0
    return log_sum + math.log(product)


@njit(cache=True)
def weigh(state, fresh, rests, knots, sums, log_prior, log_factorials, belief, work, moments, rng):
    """Set state[4] to the log weight of (y, theta, nu) with the unseen total state[3], drawn anew if fresh.

    The weight is the joint density divided by the density with which the total is drawn; so its mean over
    totals is the density of size and degree distribution alone (pseudo-marginal; Andrieu C, Roberts GO. Ann
    Stat 2009;37:697-725). y = log(unseen + 1), rounded to whole people.
    """
    y, theta, nu = state[0], state[1], state[2]
    seen, summed, summed_log = sums
    unseen = int(math.floor(math.exp(min(y, 40.0)) - 0.5))
    state[4] = -np.inf
    if unseen < 0 or unseen >= len(log_prior) or nu < 0 or log_prior[unseen] == -np.inf:
        return
    p, q = work[0], work[1]
    log_norm = unit_sizes(theta, nu, log_factorials, p)
    density = degree_density(p, log_factorials, belief, moments)
    if density == -np.inf:
        return
    psi, log_lost = tilt(p, unseen, knots, len(rests) / len(knots), q)
    if fresh:
        state[3] = draw_total(q, unseen, rng)
    drawn = unseen * log_lost + psi * state[3]
    people = math.lgamma(seen + unseen + 1.0) - math.lgamma(unseen + 1.0)
    degrees = theta * summed - nu * summed_log - seen * log_norm
    state[4] = (
        log_prior[unseen] + people + degrees + density + drawn - order_log(rests, state[3]) + y
    )


@njit(cache=True)
def walk(state, steps, rests, knots, sums, log_prior, log_factorials, belief, out, thin, rng):
    """Random-walk Metropolis from `state` (y, theta, nu, unseen total, log weight), changed in place.

    Fills out[:, :6] with unseen people, mean and sd of the degrees, and y, theta, nu, after every `thin`
    steps; returns the share of steps taken. `steps` is the lower Cholesky factor of the proposals.
    """
    work = np.empty((2, len(log_factorials)))
    moments, tried_moments = np.empty(2), np.empty(2)
    tried, z, taken = np.empty(5), np.empty(3), 0
    weigh(state, False, rests, knots, sums, log_prior, log_factorials, belief, work, moments, rng)
    for row in range(len(out)):
        for _ in range(thin):
            for j in range(3):
                z[j] = rng.standard_normal()
            for j in range(3):
                tried[j] = state[j]
                for i in range(j + 1):
                    tried[j] += steps[j, i] * z[i]
            weigh(tried, True, rests, knots, sums, log_prior, log_factorials, belief, work, tried_moments, rng)
            if -rng.standard_exponential() < tried[4] - state[4]:
                state[:] = tried
                moments[:] = tried_moments
                taken += 1
        out[row, 0] = math.floor(math.exp(state[0]) - 0.5)
        out[row, 1:3] = moments
        out[row, 3:6] = state[:3]
    return taken / (len(out) * thin)


@njit(cache=True)
def report_normalisers(concentration, base, logs):
    """Fill logs with the log of the summed base^concentration over reports, for each visibility."""
    for i in range(base.shape[0]):
        total = 0.0
        for d in range(base.shape[1]):
            total += math.exp(concentration * base[i, d])
        logs[i] = math.log(total)


@njit(cache=True)
def report_logs(concentration, base, logs, visibilities, reports):
    """Return the log probability of the reports; report -1 is a missing one."""
    total = 0.0
    for k in range(len(visibilities)):
        if reports[k] >= 0:
            i = visibilities[k] - 1
            total += concentration * base[i, reports[k]] - logs[i]
    return total


@njit(cache=True)
def recruit_logs(slopes, visibilities, times, recruits, coupons):
    """Return the log probability of the numbers of recruits, binomial with a logit line."""
    total = 0.0
    for k in range(len(visibilities)):
        x = slopes[0] + slopes[1] * times[k] + slopes[2] * visibilities[k]
        total += recruits[k] * x - coupons[k] * (max(x, 0.0) + math.log1p(math.exp(-abs(x))))
    return total


@njit(cache=True)
def redraw_visibilities(visibilities, p, exposures, table, slopes, people, work, rng):
    """Draw each person's visibility given the distribution p, exposure to the draws, report and recruits."""
    reports, times, recruits, coupons = people
    for k in range(len(visibilities)):
        fall, rise, kept = math.exp(-exposures[k]), math.exp(slopes[2]), 1.0
        odds = math.exp(slopes[0] + slopes[1] * times[k])
        total = 0.0
        for i in range(len(p)):
            kept *= fall
            odds = min(odds * rise, 1e30)
            share = odds / (1 + odds)
            w = p[i] * (i + 1) * kept
            for _ in range(recruits[k]):
                w *= share
            for _ in range(coupons[k] - recruits[k]):
                w *= 1 - share
            if reports[k] >= 0:
                w *= table[i, reports[k]]
            total += w
            work[i] = total
        at = rng.random() * total
        i = 0
        while i < len(p) - 1 and work[i] <= at:
            i += 1
        if total > 0:
            visibilities[k] = i + 1


@njit(cache=True)
def step_concentration(concentration, width, base, prior, logs, tried_logs, visibilities, reports, rng):
    """Take one Metropolis step of log concentration; prior is (shape, rate) of a gamma distribution."""
    tried = concentration * math.exp(width * rng.standard_normal())
    report_normalisers(tried, base, tried_logs)
    gain = report_logs(tried, base, tried_logs, visibilities, reports) - report_logs(
        concentration, base, logs, visibilities, reports
    )
    gain += prior[0] * math.log(tried / concentration) - prior[1] * (tried - concentration)
    if -rng.standard_exponential() < gain:
        logs[:] = tried_logs
        return tried
    return concentration


@njit(cache=True)
def step_slopes(slopes, steps, prior, visibilities, people, rng):
    """Take one Metropolis step of the line of recruitment; prior is a row of means and one of sds."""
    reports, times, recruits, coupons = people
    tried = slopes.copy()
    for j in range(3):
        z = rng.standard_normal()
        for i in range(j, 3):
            tried[i] += steps[i, j] * z
    gain = recruit_logs(tried, visibilities, times, recruits, coupons) - recruit_logs(
        slopes, visibilities, times, recruits, coupons
    )
    for j in range(3):
        gain += 0.5 * ((slopes[j] - prior[0, j]) / prior[1, j]) ** 2
        gain -= 0.5 * ((tried[j] - prior[0, j]) / prior[1, j]) ** 2
    if -rng.standard_exponential() < gain:
        slopes[:] = tried


@njit(cache=True)
def impute(
    state,
    measure,
    visibilities,
    steps,
    measure_steps,
    people,
    base,
    priors,
    log_prior,
    log_factorials,
    belief,
    knots,
    out,
    counts,
    thin,
    rng,
):
    """Alternate size and degrees, exposures, visibilities and measurement; everything is changed in place.

    `measure` holds the concentration and the three numbers of the line of recruitment; out[:, 6:10] gets it.
    Each row of out is followed by one count of each person's visibility in `counts`.
    """
    n, classes = len(visibilities), len(log_factorials)
    rests, exposures, one = np.empty(n), np.empty(n), np.empty((1, 6))
    p, work, logs, tried_logs = np.empty(classes), np.empty(classes), np.empty(classes), np.empty(classes)
    table = np.empty(base.shape)
    report_normalisers(measure[0], base, logs)
    taken = 0.0
    for row in range(len(out)):
        for _ in range(thin):
            left, summed, summed_log = 0.0, 0.0, 0.0
            for k in range(n - 1, -1, -1):
                left += visibilities[k]
                rests[k] = left
                summed += visibilities[k]
                summed_log += log_factorials[visibilities[k] - 1]
            for j in range(len(knots)):
                knots[j] = rests[int((j + 0.5) / len(knots) * n)]
            sums = (float(n), summed, summed_log)
            taken += walk(
                state, steps, rests, knots, sums, log_prior, log_factorials, belief, one, STEPS_OF_SIZE, rng
            )
            gone = 0.0
            for k in range(n):
                gone += rng.standard_exponential() / (state[3] + rests[k])
                exposures[k] = gone
            unit_sizes(state[1], state[2], log_factorials, p)
            for i in range(classes):
                for d in range(base.shape[1]):
                    table[i, d] = math.exp(measure[0] * base[i, d] - logs[i])
            redraw_visibilities(visibilities, p, exposures, table, measure[1:], people, work, rng)
            measure[0] = step_concentration(
                measure[0], measure_steps[0], base, priors[0], logs, tried_logs, visibilities, people[0], rng
            )
            for _ in range(STEPS_OF_LINE):
                step_slopes(measure[1:], measure_steps[1], priors[1], visibilities, people, rng)
        out[row, :6] = one[0]
        out[row, 6:10] = measure
        for k in range(n):
            counts[k, visibilities[k] - 1] += 1
    return taken / (len(out) * thin)
