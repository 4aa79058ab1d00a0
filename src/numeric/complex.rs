//! Complex numbers, as far as characteristic functions need them.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::elementary;

/// A complex number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

impl Complex {
    /// From its parts.
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// The number times a real one.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self::new(self.re * factor, self.im * factor)
    }

    /// e to the number.
    #[must_use]
    pub fn exp(self) -> Self {
        let size = elementary::exp(self.re);
        Self::new(size * elementary::cos(self.im), size * elementary::sin(self.im))
    }

    /// Principal square root: its real part is not negative.
    #[must_use]
    pub fn sqrt(self) -> Self {
        let size = elementary::hypot(self.re, self.im);
        let half = (0.5 * (size + self.re.abs())).sqrt();
        if half == 0.0 {
            return Self::new(0.0, 0.0);
        }
        let other = 0.5 * self.im.abs() / half;
        let (re, im) = if self.re >= 0.0 { (half, other) } else { (other, half) };
        Self::new(re, im.copysign(self.im))
    }

    /// Principal logarithm.
    #[must_use]
    pub fn ln(self) -> Self {
        let size = elementary::hypot(self.re, self.im);
        Self::new(elementary::ln(size), elementary::atan2(self.im, self.re))
    }
}

impl Add for Complex {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl Neg for Complex {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

impl Mul for Complex {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Div for Complex {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let size = other.re * other.re + other.im * other.im;
        (self * Self::new(other.re, -other.im)).times(1.0 / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_undo_each_other() {
        for (re, im) in [(1.0, 2.0), (-3.0, 0.5), (-0.1, -4.0), (2.5, -1e-9), (-1.0, 0.0), (0.0, 3.0)] {
            let z = Complex::new(re, im);
            let (root, same) = (z.sqrt(), z.ln().exp());
            let squared = root * root;
            for (found, wanted) in [(squared, z), (same, z), (z / root, root)] {
                assert!((found.re - wanted.re).abs() < 1e-12, "{z:?}: {found:?}");
                assert!((found.im - wanted.im).abs() < 1e-12, "{z:?}: {found:?}");
            }
            assert!(root.re >= 0.0);
        }
    }
}
