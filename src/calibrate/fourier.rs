//! The discrete Fourier transform of a power of two of points (Cooley and Tukey 1965, radix 2).

use crate::numeric::elementary;

/// Replaces z_k by Σ_j z_j e^(−2πi jk/n). The lengths must be the same power of two.
pub fn transform(real: &mut [f64], imaginary: &mut [f64]) {
    let n = real.len();
    debug_assert!(n.is_power_of_two() && imaginary.len() == n);
    let shift = n.leading_zeros() + 1;
    for i in 0..n {
        let j = if n == 1 { 0 } else { i.reverse_bits() >> shift };
        if j > i {
            real.swap(i, j);
            imaginary.swap(i, j);
        }
    }
    let roots: Vec<(f64, f64)> = (0..n / 2)
        .map(|k| {
            let angle = -2.0 * std::f64::consts::PI * k as f64 / n as f64;
            (elementary::cos(angle), elementary::sin(angle))
        })
        .collect();
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for start in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (c, s) = roots[k * stride];
                let (i, j) = (start + k, start + k + half);
                let (re, im) = (real[j] * c - imaginary[j] * s, real[j] * s + imaginary[j] * c);
                (real[j], imaginary[j]) = (real[i] - re, imaginary[i] - im);
                (real[i], imaginary[i]) = (real[i] + re, imaginary[i] + im);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_its_defining_sum() {
        let n = 32;
        let re: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() + 0.1 * i as f64).collect();
        let im: Vec<f64> = (0..n).map(|i| (i as f64 * 1.3).cos()).collect();
        let (mut fast_re, mut fast_im) = (re.clone(), im.clone());
        transform(&mut fast_re, &mut fast_im);
        for k in 0..n {
            let (mut sum_re, mut sum_im) = (0.0, 0.0);
            for j in 0..n {
                let angle = -2.0 * std::f64::consts::PI * (j * k) as f64 / n as f64;
                sum_re += re[j] * angle.cos() - im[j] * angle.sin();
                sum_im += re[j] * angle.sin() + im[j] * angle.cos();
            }
            assert!((sum_re - fast_re[k]).abs() < 1e-12 && (sum_im - fast_im[k]).abs() < 1e-12, "{k}");
        }
    }
}
