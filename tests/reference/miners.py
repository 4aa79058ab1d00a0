"""A miner from the formulas of the model alone: scalar, one path at a time, with jump times inside the day.

Makes apart-G-miners.json, with which tests/engine/reference_miners.rs compares: python3 miners.py > apart-G-miners.json
(numpy and numba; some minutes). Under the terms of open-G-miners.json it meets the deterministic cases to 1e-9 and the others within
2.4 standard errors of both. Names of terms are those of that file.
"""
import json
import math

import numpy as np
from numba import njit

D0 = dict(s0=64700., drift=0., volatility=.5, jump_rate=0., jump_mean=0., jump_std=0., days=360,
 difficulty=135e12, subsidy=3.125, halvings=[], fees=.03, fee_volatility=0., fee_reversion=0., growth=.3, response=.025,
 pass_through=.1, network_volatility=.15, block_luck=True, equilibrium=None, retarget=14, floor=0., floor_response=.5,
 equity=1e6, leverage=[1.,1.5,2.,3.], cash=.1, coins=0., hold=0., sale_fee=.001, pool_fee=.01, other_costs=1.5,
 machine_price=11., efficiency=13.5, uptime=.95, degradation=.02, overhead=.03, online_after=0, resale_elasticity=1.,
 depreciation=.2, resale_cost=.05, power=.045, power_volatility=0., power_reversion=0., curtail=True, take_or_pay=0.,
 eq_share=1., eq_rate=.12, eq_term=720, eq_every=30, recourse=False, seizure_cost=.2,
 cl_share=0., cl_rate=.09, cl_call=.7, cl_target=.6, cl_liq=.8, cl_penalty=0., top_up=True,
 fw_share=0., fw_price=0., fw_days=0, sh_share=0., sh_rate=0., sh_days=0, put_share=0., put_strike=.8, put_days=180, put_vol=.6)
KEYS = [k for k in D0 if k not in ('halvings', 'leverage', 'equilibrium')]

@njit(cache=True)
def cdf(x): return .5*math.erfc(-x/math.sqrt(2.))

@njit(cache=True)
def bs_put(s, k, vol, t):
    if t <= 0.: return max(k-s, 0.)
    sd = vol*math.sqrt(t); d1 = math.log(s/k)/sd + sd/2; d2 = d1-sd
    return k*cdf(-d2) - s*cdf(-d1)

@njit(cache=True)
def step_sd(vol, rev):
    if rev == 0.: return vol*math.sqrt(1/365.)
    return vol*math.sqrt((1-math.exp(-2*rev/365.))/(2*rev))

# columns of the outcome
NCOL = 12  # 0 ret 1 defaulted 2 onbills 3 coinliq 4 anyliq 5 first time 6 default day 7 call 8 bad debt 9 underwater 10 coins 11 loss

@njit(cache=True)
def run(paths, seed, s0, drift, volatility, jump_rate, jump_mean, jump_std, days, difficulty, subsidy, fees, fee_volatility, fee_reversion,
  growth, response, pass_through, network_volatility, block_luck, retarget, floor, floor_response, equity, cash, coins, hold, sale_fee,
  pool_fee, other_costs, machine_price, efficiency, uptime, degradation, overhead, online_after, resale_elasticity,
  depreciation, resale_cost,
  power, power_volatility, power_reversion, curtail, take_or_pay, eq_share, eq_rate, eq_term, eq_every, recourse, seizure_cost, cl_share,
  cl_rate, cl_call, cl_target, cl_liq, cl_penalty, top_up, fw_share, fw_price, fw_days, sh_share, sh_rate, sh_days, put_share, put_strike,
  put_days, put_vol, halvings, leverage, equilibrium):
    np.random.seed(seed)
    L = len(leverage); out = np.zeros((paths, L, NCOL)); net = np.zeros((paths, 3))
    k = math.exp(jump_mean + jump_std**2/2) - 1
    mu = drift - volatility**2/2 - jump_rate*k
    unit = 86400.*1e15/2.**32
    h0 = unit*(subsidy+fees)/difficulty*s0
    eq = equilibrium if equilibrium > 0 else h0
    fsd = step_sd(fee_volatility, fee_reversion); psd = step_sd(power_volatility, power_reversion)
    fd = math.exp(-fee_reversion/365.); pd = math.exp(-power_reversion/365.)
    K = eq_term//eq_every; i = eq_rate*eq_every/365.
    H0 = np.zeros(L); C = np.zeros(L); B = np.zeros(L); G = np.zeros(L); Q = np.zeros(L); P = np.zeros(L); inst = np.zeros(L)
    last = np.zeros(L); paid = np.zeros(L); alive = np.zeros(L, np.bool_); A = np.zeros(L); bad = np.zeros(L)
    tau = retarget/365.
    for p in range(paths):
        for l in range(L):
            lev = leverage[l]; A[l] = lev*equity; C[l] = cash*A[l]; c0 = coins*A[l]/s0
            H0[l] = (1-cash-coins)*A[l]/(1000*machine_price)
            debt = (lev-1)*equity
            P[l] = eq_share*debt; Q[l] = cl_share*debt
            if Q[l] > 0: G[l] = c0; B[l] = 0.
            else: B[l] = c0; G[l] = 0.
            inst[l] = 0.
            if P[l] > 0: inst[l] = P[l]/K if eq_rate == 0 else P[l]*i/(1-(1+i)**(-K))
            if put_share > 0: C[l] -= put_share*A[l]/s0*bs_put(s0, put_strike*s0, put_vol, put_days/365.)
            last[l] = 0; paid[l] = 0; alive[l] = True; bad[l] = 0.
            out[p,l,5] = -1.; out[p,l,6] = -1.
        D = difficulty; a = math.log(D); x = 0.; y = 0.; S = s0; Sret = s0; off = 0; on_days = 0
        for n in range(1, days+1):
            Sb = S
            # 1. price with jumps inside the day; the watch at every instant
            nj = np.random.poisson(jump_rate/365.) if jump_rate > 0 else 0
            times = np.sort(np.random.random(nj)); t0 = 0.
            for seg in range(nj+1):
                t1 = times[seg] if seg < nj else 1.
                dt = (t1-t0)/365.
                if dt > 0:
                    e = S*math.exp(mu*dt + volatility*math.sqrt(dt)*np.random.normal()) if volatility > 0 else S*math.exp(mu*dt)
                    # minimum of the bridge: one draw for all levels
                    if volatility > 0:
                        u = 1-np.random.random(); r = math.log(e/S)
                        low = S*math.exp((r - math.sqrt(r*r - 2*volatility**2*dt*math.log(u)))/2)
                    else: low = min(S, e)
                    for l in range(L):
                        if alive[l] and Q[l] > 0:
                            bar = Q[l]/(G[l]*cl_liq)
                            if low <= bar:
                                C[l] += max(G[l]*bar - Q[l]*(1+cl_penalty), 0.); bad[l] += max(Q[l]-G[l]*bar, 0.)
                                Q[l] = 0.; G[l] = 0.; out[p,l,3] = 1
                                if out[p,l,4] == 0: out[p,l,4] = 1; out[p,l,5] = n-1+(t0+t1)/2
                    S = e
                if seg < nj:
                    S *= math.exp(jump_mean + jump_std*np.random.normal())
                    for l in range(L):
                        if alive[l] and Q[l] > 0 and Q[l]/(G[l]*S) >= cl_liq:
                            C[l] += max(G[l]*S - Q[l]*(1+cl_penalty), 0.); bad[l] += max(Q[l]-G[l]*S, 0.)
                            Q[l] = 0.; G[l] = 0.; out[p,l,3] = 1
                            if out[p,l,4] == 0: out[p,l,4] = 1; out[p,l,5] = n-1+t1
                t0 = t1
            # network of the day
            nh = 0
            for d in halvings:
                if d < n: nh += 1
            R = subsidy*2.**(-nh)
            F = fees
            if fee_volatility > 0: x = fd*x + fsd*np.random.normal(); F = fees*math.exp(x)
            w = power
            if power_volatility > 0: y = pd*y + psd*np.random.normal(); w = power*math.exp(y)
            c = unit*(R+F)/D; h = c*S
            wear = (1-degradation)**((n-1)/365.)
            m = 0.; b = 0.
            if n > online_after:
                on_days += 1
                m = uptime*wear*c*(1-pool_fee); b = uptime*efficiency*24*(1+overhead)*w
                if curtail and not (m*S*(1-sale_fee) > b*(1-take_or_pay)):
                    m = 0.; b = take_or_pay*b; off += 1
            vm = machine_price*(h/h0)**resale_elasticity*math.exp(-depreciation*n/365.)
            sf = 1-sale_fee
            for l in range(L):
                if not alive[l]: continue
                V = 1000*H0[l]*wear*vm*(1-resale_cost)
                # 2
                got = H0[l]*m; out[p,l,10] += got
                B[l] += hold*got; C[l] += (1-hold)*got*S*sf
                # 3
                if n <= fw_days: C[l] += fw_share*H0[l]*(fw_price-h)
                if n <= sh_days and sh_share > 0:
                    q = sh_share*A[l]/s0; C[l] += q*(Sb-S) + q*S*sh_rate
                qp = put_share*A[l]/s0
                if put_share > 0 and n == put_days: C[l] += qp*max(put_strike*s0-S, 0.)
                failed = 0; bill = 0.
                for kind in range(1, 3):
                    due = 0.
                    if kind == 1: due = H0[l]*(b+other_costs)
                    else:
                        # 5
                        if Q[l] > 0:
                            Q[l] *= 1+cl_rate/365.
                            if Q[l]/(G[l]*S) >= cl_liq:
                                C[l] += max(G[l]*S - Q[l]*(1+cl_penalty), 0.); bad[l] += max(Q[l]-G[l]*S, 0.)
                                Q[l] = 0.; G[l] = 0.; out[p,l,3] = 1
                                if out[p,l,4] == 0: out[p,l,4] = 1; out[p,l,5] = n
                        if not (P[l] > 0 and n % eq_every == 0 and n <= eq_term): continue
                        due = inst[l]
                    # pay
                    if C[l] >= due: C[l] -= due
                    else:
                        miss = due - C[l]
                        fromB = B[l]*S*sf
                        if fromB >= miss: B[l] -= miss/(S*sf); C[l] = 0.
                        else:
                            rel = 0.
                            if Q[l] > 0: rel = max(G[l]-Q[l]/(cl_target*S), 0.)
                            if fromB + rel*S*sf >= miss:
                                G[l] -= (miss-fromB)/(S*sf); B[l] = 0.; C[l] = 0.
                            else:
                                failed = kind; bill = due if kind == 1 else 0.
                    if failed: break
                    if kind == 2:
                        paid[l] += 1; last[l] = n
                        P[l] = P[l]*(1+i) - inst[l]
                        if paid[l] == K: P[l] = 0.
                claim = P[l]*(1+eq_rate*(n-last[l])/365.)
                put = 0.
                if put_share > 0 and n < put_days: put = qp*bs_put(S, put_strike*s0, put_vol, (put_days-n)/365.)
                if failed:
                    total = C[l] + B[l]*S*sf + max(G[l]*S*sf - Q[l], 0.) + put
                    bad[l] += max(Q[l]-G[l]*S*sf, 0.)
                    total = max(total-bill, 0.)
                    got2 = V*(1-seizure_cost) if P[l] > 0 else V
                    lack = max(claim-got2, 0.)
                    if recourse:
                        e2 = min(lack, total); total -= e2; lack -= e2
                    bad[l] += lack
                    fin = total + max(got2-claim, 0.)
                    alive[l] = False
                    out[p,l,0] = fin/equity-1; out[p,l,1] = 1; out[p,l,2] = 1 if failed == 1 else 0; out[p,l,6] = n
                    if out[p,l,4] == 0: out[p,l,4] = 1; out[p,l,5] = n
                    out[p,l,8] = bad[l]/equity
                    continue
                # 7
                if Q[l] > 0 and Q[l]/(G[l]*S) >= cl_call:
                    out[p,l,7] = 1
                    if top_up:
                        need = Q[l]/(cl_target*S) - G[l]
                        mv = min(need, B[l]); B[l] -= mv; G[l] += mv
                        if mv < need:
                            pay = min(Q[l]-cl_target*G[l]*S, max(C[l], 0.)); Q[l] -= pay; C[l] -= pay
                if claim > 0 and claim > V: out[p,l,9] += 1
                if n == days:
                    value = C[l] + B[l]*S*sf + max(G[l]*S*sf-Q[l], 0.) + put
                    rest = V-claim
                    if not recourse: rest = max(rest, 0.)
                    out[p,l,0] = max(value+rest, 0.)/equity-1; out[p,l,8] = bad[l]/equity
            if n == days: net[p,0] = h; net[p,1] = D
            # retarget
            if n % retarget == 0:
                gap = math.log(h) - (math.log(eq) - growth*n/365.)
                lowg = 0.
                if floor > 0: lowg = min(math.log(h) - (math.log(floor)-growth*n/365.), 0.)
                a += growth*tau + response*gap + floor_response*lowg + pass_through*math.log(S/Sret)
                a += network_volatility*math.sqrt(tau)*np.random.normal()
                Y = np.random.normal()/math.sqrt(2016.) if block_luck else 0.
                lD = math.log(D)
                D = math.exp(min(max(a+Y, lD-math.log(4.)), lD+math.log(4.)))
                Sret = S
        net[p,2] = off/on_days if on_days > 0 else 0.
        for l in range(L): out[p,l,11] = 1 if out[p,l,0] < 0 else 0
    return out, net

def simulate(T, paths, seed):
    t = {**D0, **T}; args = [t[k] for k in KEYS]
    whole = ('days', 'retarget', 'online_after', 'eq_term', 'eq_every', 'fw_days', 'sh_days', 'put_days')
    fl = [a if isinstance(a, bool) or k in whole else float(a) for k, a in zip(KEYS, args)]
    return run(paths, seed, *fl, np.array(t['halvings'], dtype=np.int64), np.array(t['leverage'], float), float(t['equilibrium'] or 0.))

JUMP = dict(volatility=.424, jump_rate=46.6, jump_mean=-.0032, jump_std=.0288)
TERMS = {
 'GA-01 all noise, take or pay, wear, elasticity, recourse': dict(
  days=400, halvings=[111, 210], fees=.15, fee_volatility=1.5, fee_reversion=5., power=.055, power_volatility=.5,
  power_reversion=4., take_or_pay=.4, degradation=.15, resale_elasticity=1.4, recourse=True, floor=20., eq_every=15,
  eq_term=360, hold=.25, seizure_cost=.35),
 'GA-02 coin loan, jumps, calls': dict(
  **JUMP, days=200, leverage=[1.1, 1.25, 1.4], coins=.45, hold=.7, eq_share=0., cl_share=1., cl_rate=.2, cl_penalty=.03,
  cash=.04, power=.06, other_costs=6.),
 'GA-03 two loans and every hedge': dict(
  **JUMP, days=300, halvings=[140], leverage=[1.2, 1.4, 1.6], cash=.12, coins=.35, hold=.4, eq_share=.4, cl_share=.6,
  cl_rate=.11, cl_penalty=.02, cl_call=.65, cl_target=.55, cl_liq=.75, eq_term=200, eq_every=20, fw_share=.5, fw_price=28.,
  fw_days=150, sh_share=.3, sh_rate=2e-4, sh_days=220, put_share=.2, put_strike=.9, put_days=170, put_vol=.7, recourse=True,
  fees=.05, fee_volatility=.9, fee_reversion=2.),
 'GA-04 no curtailment, dear power': dict(
  days=365, curtail=False, power=.075, power_volatility=.4, power_reversion=0., cash=.25, leverage=[1., 1.3, 2.],
  seizure_cost=.5, online_after=30),
 'GA-05 weekly retargets, floor, equilibrium, late start': dict(
  days=280, retarget=7, floor=30., floor_response=.7, equilibrium=36., halvings=[70, 71], online_after=100, take_or_pay=.3,
  cash=.2, other_costs=0., growth=-.4, pass_through=.5, network_volatility=.5, leverage=[1., 2., 4.]),
 'GA-06 wild: clamp of four, rising price, big short': dict(
  days=250, volatility=1.2, drift=.8, network_volatility=4., response=.8, growth=1.5, sh_share=.6, sh_rate=-1e-3,
  sh_days=400, coins=.3, hold=1., leverage=[1., 1.4], eq_rate=0., eq_term=180),
 'GA-07 coin loan without top-up, put beyond the horizon': dict(
  days=150, volatility=.8, coins=.6, cash=.1, hold=1., eq_share=0., cl_share=1., cl_rate=.3, top_up=False, cl_call=.8,
  cl_target=.5, cl_liq=.9, cl_penalty=.05, leverage=[1., 1.3, 1.8], put_share=.3, put_strike=1.1, put_days=200, put_vol=.8,
  power=.09, curtail=False),
 'GA-08 two loans, pledged coins let go for bills': dict(
  days=365, volatility=.6, drift=.3, coins=.5, cash=.01, hold=.9, eq_share=.5, cl_share=.5, cl_rate=.1, leverage=[1.3, 1.6],
  cl_target=.4, cl_call=.7, cl_liq=.8, eq_term=330, eq_every=33, power=.07, other_costs=4., sale_fee=.02, pool_fee=.04),
 'GA-09 forward above the market, elasticity 0, negative depreciation': dict(
  days=360, fw_share=1.5, fw_price=31., fw_days=720, resale_elasticity=0., depreciation=-.2, leverage=[1., 2., 3.],
  cash=.05, recourse=True, take_or_pay=1., power=.08, seizure_cost=.4),
 'GA-10 jumps up and down, high debt, all at once': dict(
  volatility=.3, jump_rate=12., jump_mean=-.05, jump_std=.15, drift=-.3, days=420, halvings=[56, 200, 300], leverage=[1.5,
  2.5, 3.], coins=.5, cash=.05, hold=.5, eq_share=.35, cl_share=.65, cl_rate=.15, cl_call=.88, cl_target=.8, cl_liq=.93,
  cl_penalty=.1, power=.05, power_volatility=1., power_reversion=10., fees=.4, fee_volatility=2., fee_reversion=6.,
  take_or_pay=.5, fw_share=.3, fw_price=25., fw_days=100, put_share=.1, put_strike=1., put_days=90, put_vol=.5, floor=18.,
  sh_share=.1, sh_days=60, sh_rate=1e-3),
}

# Nothing is random here: to the ninth digit.
STILL = dict(volatility=0., network_volatility=0., block_luck=False)
TERMS_STILL = {
 'GA-11 still: power due while off, elasticity, recourse': dict(
  **STILL, days=200, drift=-1.6, power=.065, take_or_pay=.3, resale_elasticity=1.4, recourse=True, cash=.4, hold=.3,
  seizure_cost=.3, leverage=[1., 1.5, 2., 2.6]),
 'GA-12 still: calls answered from free coins, a put in the money': dict(
  **STILL, days=200, drift=-.9, coins=.5, cash=.3, hold=1., eq_share=0., cl_share=1., cl_target=.5, cl_call=.62, cl_liq=.9,
  put_share=.1, put_strike=1., put_days=120, leverage=[1.2, 1.3]),
 'GA-13 still: interest alone has the coins sold': dict(
  **STILL, days=120, coins=.4, eq_share=0., cl_share=1., cl_rate=2., top_up=False, leverage=[1.1, 1.25, 1.35]),
 'GA-14 still: the factor of four, caught up later': dict(
  **STILL, days=70, drift=45., response=1., pass_through=0., leverage=[1.]),
}

PATHS, SEEDS = 40000, {"GA-03": 78, "GA-10": 78}
QUANTILES = ("0.05", "0.25", "0.5", "0.75", "0.95")
COLUMNS = [(0, "mean_return"), (1, "default_probability"), (2, "default_on_bills_probability"), (3, "coin_liquidation_probability"),
           (4, "liquidation_probability"), (7, "margin_call_probability"), (8, "bad_debt"), (9, "underwater_days"),
           (10, "coins_mined"), (11, "loss_probability")]


def digits(x):
    return float("%.6g" % x)


def mean(x):
    return {"value": digits(x.mean()), "se": digits(x.std() / len(x) ** .5)}


def quantile(x, p):
    x = np.sort(x)
    at, width = p * len(x), 2 * np.sqrt(len(x) * p * (1 - p))
    ends = x[min(int(at + width), len(x) - 1)] - x[max(int(at - width), 0)]
    return {"value": digits(x[int(at)]), "se": digits(ends / 4)}


def still(of, probabilities):
    return {p: {"value": float(of[0]), "se": 0.} for p in probabilities}


def still_case(name, own):
    label, title = name.split(" ", 1)
    out, net = simulate(own, 2, 1)
    levels = []
    for l, leverage in enumerate({**D0, **own}["leverage"]):
        of = out[0, l]
        level = {"leverage": leverage, **{key: {"value": float(of[column]), "se": 0.} for column, key in COLUMNS}}
        level["return_quantiles"] = still([of[0]], QUANTILES)
        levels.append(level)
    network = {"curtailed_share": {"value": float(net[0, 2]), "se": 0.}}
    for column, key in [(0, "hashprice_at_horizon"), (1, "difficulty_at_horizon")]:
        network[key] = still([net[0, column]], ("0.05", "0.5", "0.95"))
    values = {"network": network, "levels": levels}
    return {"id": label, "title": title, "deterministic": True, "terms": {**D0, **own}, "paths": 2, "values": values}


def case(name, own):
    label, title = name.split(" ", 1)
    terms = {**D0, **own}
    out, net = simulate(own, PATHS, SEEDS.get(label, 77))
    levels = []
    for l, leverage in enumerate(terms["leverage"]):
        of = out[:, l]
        level = {"leverage": leverage}
        for column, key in COLUMNS:
            level[key] = mean(of[:, column])
        level["return_std_dev"] = digits(of[:, 0].std())
        level["return_quantiles"] = {p: quantile(of[:, 0], float(p)) for p in QUANTILES}
        days = of[of[:, 6] >= 0, 6]
        level["default_day_mean"] = mean(days) if len(days) > 400 else None
        levels.append(level)
    network = {"curtailed_share": mean(net[:, 2])}
    for column, key in [(0, "hashprice_at_horizon"), (1, "difficulty_at_horizon")]:
        network[key] = {p: quantile(net[:, column], float(p)) for p in ("0.05", "0.5", "0.95")}
    values = {"network": network, "levels": levels}
    return {"id": label, "title": title, "deterministic": False, "terms": terms, "paths": PATHS, "values": values}


if __name__ == "__main__":
    about = {"title": "Miners with other terms than the open cases", "program": "miners.py", "how_to_compare": "as open-G-miners.json"}
    cases = [case(name, own) for name, own in TERMS.items()] + [still_case(name, own) for name, own in TERMS_STILL.items()]
    print(json.dumps({**about, "cases": cases}, indent=1))
