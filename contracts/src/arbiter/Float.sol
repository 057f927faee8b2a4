// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Integer} from "./Integer.sol";

/// @dev A binary interchange format of IEEE-754, as numbers that would cost more to compute than to pack: from bit 0 the width of
/// the fraction, from 16 how far below 1 the last place of the subnormals is (its exponent without the sign), from 128 infinity,
/// from 192 the sign bit.
type Format is uint256;

Format constant BINARY32 = Format.wrap(23 | (149 << 16) | (0x7f800000 << 128) | (0x80000000 << 192));
Format constant BINARY64 =
    Format.wrap(52 | (1074 << 16) | (0x7ff0000000000000 << 128) | (0x8000000000000000 << 192));

/// @title IEEE-754 arithmetic on bit patterns
/// @dev Every operation works in both formats. A finite number is unpacked to an integer significand and a
/// power of two, the operation is done exactly (or with one sticky bit far below the last place) on 256-bit
/// integers, and `_round` brings it back: to nearest, ties to even, subnormals kept. Operands must have no
/// bits above the format's width.
///
/// Every NaN that arithmetic creates or passes on is the positive canonical one (docs/machine.md, Floats).
library Float {
    // Operations of `apply`, in the order of the WebAssembly opcodes.
    uint256 internal constant ABS = 0;
    uint256 internal constant NEG = 1;
    uint256 internal constant CEIL = 2;
    uint256 internal constant FLOOR = 3;
    uint256 internal constant TRUNC = 4;
    uint256 internal constant NEAREST = 5;
    uint256 internal constant SQRT = 6;
    uint256 internal constant ADD = 7;
    uint256 internal constant SUB = 8;
    uint256 internal constant MUL = 9;
    uint256 internal constant DIV = 10;
    uint256 internal constant MIN = 11;
    uint256 internal constant MAX = 12;
    uint256 internal constant COPYSIGN = 13;
    uint256 internal constant PMIN = 14;
    uint256 internal constant PMAX = 15;

    /// @dev Operation `kind` on `x` and, if it is binary, `y`.
    function apply_(Format f, uint256 kind, uint256 x, uint256 y) internal pure returns (uint256) {
        unchecked {
            uint256 sign = _signBit(f);
            if (kind >= ADD && kind <= DIV) {
                if (isNan(f, x) || isNan(f, y)) return nan(f);
                if (kind == MUL) return _mul(f, x, y);
                if (kind == ADD) return _add(f, x, y);
                if (kind == SUB) return _add(f, x, y ^ sign);
                return _div(f, x, y);
            }
            if (kind == ABS) return x & ~sign;
            if (kind == NEG) return x ^ sign;
            if (kind == COPYSIGN) return (x & ~sign) | (y & sign);
            if (kind == PMIN) return _less(f, y, x) ? y : x;
            if (kind == PMAX) return _less(f, x, y) ? y : x;
            if (isNan(f, x) || (kind >= MIN && isNan(f, y))) return nan(f);
            if (kind <= NEAREST) return _integral(f, kind, x);
            if (kind == SQRT) return _sqrt(f, x);
            // Zeros compare equal: the signs decide.
            if ((x | y) & ~sign == 0) return kind == MIN ? x | y : x & y;
            return _less(f, x, y) == (kind == MIN) ? x : y;
        }
    }

    /// @dev Comparison `kind`: eq, ne, lt, gt, le, ge from 0 on.
    function compare(Format f, uint256 kind, uint256 x, uint256 y) internal pure returns (bool) {
        if (isNan(f, x) || isNan(f, y)) return kind == 1;
        int256 a = _key(f, x);
        int256 b = _key(f, y);
        if (kind == 0) return a == b;
        if (kind == 1) return a != b;
        if (kind == 2) return a < b;
        if (kind == 3) return a > b;
        if (kind == 4) return a <= b;
        return a >= b;
    }

    /// @dev The nearest float to an integer.
    function fromInteger(Format f, int256 value) internal pure returns (uint256) {
        unchecked {
            return value < 0 ? _round(f, 1, 0, uint256(-value)) : _round(f, 0, 0, uint256(value));
        }
    }

    /// @dev `x` truncated towards zero, clamped into `width` bits (NaN gives 0), and whether it was in range.
    /// @return value two's complement in `width` bits.
    function toInteger(Format f, uint256 x, uint256 width, bool isSigned)
        internal
        pure
        returns (uint256 value, bool inRange)
    {
        unchecked {
            if (isNan(f, x)) return (0, false);
            uint256 mask = (1 << width) - 1;
            int256 high = isSigned ? int256(mask >> 1) : int256(mask);
            int256 low = isSigned ? -high - 1 : int256(0);
            (uint256 sign, int256 exponent, uint256 significand) = _unpack(f, x);
            uint256 magnitude;
            // Infinity's exponent field lies above all finite ones, so it saturates with them.
            if (exponent > 64) magnitude = 1 << 128;
            else if (exponent >= 0) magnitude = significand << uint256(exponent);
            else magnitude = significand >> uint256(-exponent);
            int256 result = sign == 1 ? -int256(magnitude) : int256(magnitude);
            inRange = result >= low && result <= high;
            if (result < low) result = low;
            if (result > high) result = high;
            value = uint256(result) & mask;
        }
    }

    /// @dev `x` of format `from` in format `to`: promotion is exact, demotion rounds.
    function convert(Format from, Format to, uint256 x) internal pure returns (uint256) {
        if (isNan(from, x)) return nan(to);
        (uint256 sign, int256 exponent, uint256 significand) = _unpack(from, x);
        if (_isInfinite(from, x)) return _withSign(to, sign, _infinity(to));
        return _round(to, sign, exponent, significand);
    }

    function isNan(Format f, uint256 x) internal pure returns (bool) {
        return x & ~_signBit(f) > _infinity(f);
    }

    /// @dev The canonical NaN: positive, quiet, without payload.
    function nan(Format f) internal pure returns (uint256) {
        unchecked {
            return _infinity(f) | (1 << (_fraction(f) - 1));
        }
    }

    function _fraction(Format f) private pure returns (uint256) {
        return Format.unwrap(f) & 0xff;
    }

    function _signBit(Format f) private pure returns (uint256) {
        return Format.unwrap(f) >> 192;
    }

    function _infinity(Format f) private pure returns (uint256) {
        return (Format.unwrap(f) >> 128) & 0xffffffffffffffff;
    }

    /// @dev Exponent of the last place of the subnormals: -149, -1074.
    function _lowest(Format f) private pure returns (int256) {
        unchecked {
            return -int256((Format.unwrap(f) >> 16) & 0xffff);
        }
    }

    function _isInfinite(Format f, uint256 x) private pure returns (bool) {
        return x & ~_signBit(f) == _infinity(f);
    }

    function _withSign(Format f, uint256 sign, uint256 magnitude) private pure returns (uint256) {
        return sign == 0 ? magnitude : magnitude | _signBit(f);
    }

    /// @dev |x| = significand * 2^exponent for a finite x.
    function _unpack(Format f, uint256 x)
        private
        pure
        returns (uint256 sign, int256 exponent, uint256 significand)
    {
        unchecked {
            uint256 m = _fraction(f);
            uint256 bit = _signBit(f);
            uint256 field = x & ~bit;
            assembly ("memory-safe") {
                sign := iszero(eq(x, field))
            }
            field >>= m;
            significand = x & ((1 << m) - 1);
            exponent = _lowest(f);
            if (field != 0) {
                significand |= 1 << m;
                exponent += int256(field) - 1;
            }
        }
    }

    /// @dev The float nearest to significand * 2^exponent. If the value isn't exact, the significand must
    /// carry a sticky bit below at least two bits more than the format's precision.
    function _round(Format f, uint256 sign, int256 exponent, uint256 significand)
        private
        pure
        returns (uint256)
    {
        unchecked {
            if (significand == 0) return _withSign(f, sign, 0);
            uint256 m = _fraction(f);
            int256 lowest = _lowest(f);
            // The exponent of the result's last place.
            int256 place = exponent + int256(Integer.length(significand)) - int256(m) - 1;
            if (place < lowest) place = lowest;
            int256 shift = place - exponent;
            uint256 kept;
            if (shift <= 0) {
                kept = significand << uint256(-shift);
            } else if (shift < 256) {
                kept = _shiftToEven(significand, uint256(shift));
            }
            // The hidden bit of `kept` adds one to the exponent field, and so does a carry of the rounding.
            uint256 magnitude = (uint256(place - lowest) << m) + kept;
            if (magnitude > _infinity(f)) magnitude = _infinity(f);
            return _withSign(f, sign, magnitude);
        }
    }

    /// @dev significand / 2^shift to nearest, ties to even; 0 < shift < 256.
    function _shiftToEven(uint256 significand, uint256 shift) private pure returns (uint256 kept) {
        unchecked {
            kept = significand >> shift;
            uint256 rest = significand & ((1 << shift) - 1);
            uint256 half = 1 << (shift - 1);
            if (rest > half || (rest == half && kept & 1 == 1)) ++kept;
        }
    }

    /// @dev An integer that orders as the number does; both zeros give 0.
    function _key(Format f, uint256 x) private pure returns (int256) {
        unchecked {
            uint256 bit = _signBit(f);
            return x & bit == 0 ? int256(x) : -int256(x & ~bit);
        }
    }

    function _less(Format f, uint256 x, uint256 y) private pure returns (bool) {
        return !isNan(f, x) && !isNan(f, y) && _key(f, x) < _key(f, y);
    }

    function _integral(Format f, uint256 kind, uint256 x) private pure returns (uint256) {
        unchecked {
            (uint256 sign, int256 exponent, uint256 significand) = _unpack(f, x);
            if (exponent >= 0 || significand == 0) return x;
            uint256 kept;
            if (exponent <= -256) {
                // Not zero and far below a half.
                if (kind == (sign == 0 ? CEIL : FLOOR)) kept = 1;
            } else {
                uint256 shift = uint256(-exponent);
                kept = significand >> shift;
                if (kind == NEAREST) kept = _shiftToEven(significand, shift);
                else if (kind == (sign == 0 ? CEIL : FLOOR) && kept << shift != significand) ++kept;
            }
            return _round(f, sign, 0, kept);
        }
    }

    function _add(Format f, uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            uint256 bit = _signBit(f);
            if (_isInfinite(f, x)) return _isInfinite(f, y) && x != y ? nan(f) : x;
            if (_isInfinite(f, y)) return y;
            if (x & ~bit < y & ~bit) (x, y) = (y, x);
            (uint256 sign, int256 exponent, uint256 large) = _unpack(f, x);
            (uint256 signSmall, int256 exponentSmall, uint256 small) = _unpack(f, y);
            uint256 shift = uint256(exponent - exponentSmall);
            // All of y lies far below a half of x's last place, even where x is a power of two.
            if (shift > 128) return x;
            large <<= shift;
            exponent -= int256(shift);
            if (sign == signSmall) return _round(f, sign, exponent, large + small);
            // An exact zero of opposite signs is positive.
            if (large == small) return 0;
            return _round(f, sign, exponent, large - small);
        }
    }

    function _mul(Format f, uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            (uint256 sign, int256 exponent, uint256 significand) = _unpack(f, x);
            (uint256 signY, int256 exponentY, uint256 significandY) = _unpack(f, y);
            sign ^= signY;
            if (_isInfinite(f, x) || _isInfinite(f, y)) {
                // An infinity's significand is never 0, so a zero here is the other operand.
                return significand == 0 || significandY == 0 ? nan(f) : _withSign(f, sign, _infinity(f));
            }
            return _round(f, sign, exponent + exponentY, significand * significandY);
        }
    }

    function _div(Format f, uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            (uint256 sign, int256 exponent, uint256 significand) = _unpack(f, x);
            (uint256 signY, int256 exponentY, uint256 divisor) = _unpack(f, y);
            sign ^= signY;
            if (_isInfinite(f, x)) return _isInfinite(f, y) ? nan(f) : _withSign(f, sign, _infinity(f));
            if (_isInfinite(f, y)) return _withSign(f, sign, 0);
            if (divisor == 0) return significand == 0 ? nan(f) : _withSign(f, sign, _infinity(f));
            // Of 1 / (2^(m+1) - 1), the least quotient, m + 7 bits remain: enough above the sticky one.
            uint256 shift = 2 * _fraction(f) + 8;
            uint256 dividend = significand << shift;
            uint256 quotient = dividend / divisor;
            if (quotient * divisor != dividend) quotient |= 1;
            return _round(f, sign, exponent - exponentY - int256(shift), quotient);
        }
    }

    function _sqrt(Format f, uint256 x) private pure returns (uint256) {
        unchecked {
            (uint256 sign, int256 exponent, uint256 significand) = _unpack(f, x);
            if (significand == 0) return x;
            if (sign == 1) return nan(f);
            if (_isInfinite(f, x)) return x;
            // The root of 2^shift, the least radicand, has m + 5 bits.
            uint256 shift = 2 * _fraction(f) + 8;
            if ((exponent - int256(shift)) % 2 != 0) ++shift;
            uint256 radicand = significand << shift;
            uint256 root = Integer.sqrt(radicand);
            if (root * root != radicand) root |= 1;
            return _round(f, 0, (exponent - int256(shift)) / 2, root);
        }
    }
}
