//! Recorded hours that days are drawn from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

type Files = BTreeMap<PathBuf, Arc<[u8]>>;

/// `p.csv`: hours of 600 days whose variance comes and goes and whose moves have heavy tails.
pub fn recorded() -> Arc<Files> {
    static FILES: LazyLock<Arc<Files>> = LazyLock::new(|| Arc::new(files()));
    FILES.clone()
}

fn files() -> Files {
    let mut state = 88_172_645_463_325_252_u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (mut price, mut deviation, mut day) = (250.0_f64, 0.006, 1.0);
    let mut rows = "time,open,high,low,close\n".to_owned();
    for hour in 0..24 * 600_u64 {
        if hour % 24 == 0 {
            deviation = (0.006_f64 * deviation).sqrt() * (0.6 + 0.9 * uniform());
            day = if uniform() < 0.05 { 3.0 } else { 1.0 };
        }
        let (open, step) = (price, 2.0 * deviation * day * (uniform() + uniform() - 1.0));
        price *= 1.0 + step;
        let (high, low) = (
            (1.0 + deviation * uniform()) * open.max(price),
            (1.0 - deviation * uniform()) * open.min(price),
        );
        rows += &format!("{},{open},{high},{low},{price}\n", 1_600_000_000 / 86_400 * 86_400 + 3_600 * hour);
    }
    BTreeMap::from([("p.csv".into(), rows.into_bytes().into())])
}
