extension SignedInteger where Self: FixedWidthInteger {
    /// Division that rounds down, also below zero.
    @inlinable
    package func floored(by divisor: Self) -> Self {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
