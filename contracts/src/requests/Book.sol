// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRequests} from "../IRequests.sol";

/// @title The numbered requests of every offer
/// @dev A request is entered once, at the price of a few words; after that whole ranges are read and changed, at the price of one word
/// for 256 requests (can it be claimed?) and one (until when? or one for 8, if some of them are late), and two words whatever the range
/// (what are they paid?).
abstract contract Book is IRequests {
    /// @dev One word: an offer's requests, and what of its terms claims of them need.
    struct Queue {
        uint64 count;
        uint24 commitDelay;
        /// Whether claims must have been committed to.
        bool commits;
        address token;
    }

    /// @dev Four 32-bit lanes of a word's eight, each with as much room above it, and the lowest bits of lanes and rooms.
    uint256 private constant EVEN = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant LANES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant GUARDS = LANES << 32;

    mapping(bytes32 offer => Queue) internal queues;
    mapping(bytes32 offer => mapping(uint256 number => bytes32)) private _hashes;
    /// @dev Two to a word, modulo 2^128: fees of the requests up to and with this one. No claim's fees sum to 2^128, so differences
    /// are right for ever.
    mapping(bytes32 offer => mapping(uint256 pair => uint256)) private _sums;
    /// @dev 256 to a word: neither claimed nor refunded.
    mapping(bytes32 offer => mapping(uint256 word => uint256)) private _claimable;
    /// @dev Eight to a word, in Unix seconds; 0 once refunded.
    mapping(bytes32 offer => mapping(uint256 word => uint256)) private _deadlines;
    /// @dev For each word of `_claimable`, a deadline that none of its requests' is before: while it is ahead, none need be looked at.
    mapping(bytes32 offer => mapping(uint256 word => uint256)) private _earliest;

    /// @param fee What a claim of it is paid when it is final, without more.
    function _enter(bytes32 offer, uint256 number, bytes32 hash, uint256 fee, uint256 deadline) internal {
        _hashes[offer][number] = hash;
        unchecked {
            uint256 sum = uint128(_sumBefore(offer, number) + fee);
            _sums[offer][number >> 1] |= sum << ((number & 1) << 7);
        }
        _claimable[offer][number >> 8] |= 1 << (number & 255);
        _deadlines[offer][number >> 3] |= deadline << ((number & 7) << 5);
        uint256 earliest = _earliest[offer][number >> 8];
        if (number & 255 == 0 || deadline < earliest) _earliest[offer][number >> 8] = deadline;
    }

    /// @dev Takes a range out of what can be claimed; reverts unless all of it can, and in time.
    function _take(bytes32 offer, uint256 first, uint256 count) internal {
        uint256 last = first + count - 1;
        mapping(uint256 word => uint256) storage words = _claimable[offer];
        for (uint256 word = first >> 8; word <= last >> 8; word++) {
            uint256 mask = type(uint256).max;
            if (word == first >> 8) mask <<= first & 255;
            if (word == last >> 8) mask &= type(uint256).max >> (255 - (last & 255));
            uint256 bits = words[word];
            if (bits & mask != mask) revert NotClaimable(offer, (word << 8) + _lowest(mask & ~bits));
            words[word] = bits & ~mask;
            if (_earliest[offer][word] > block.timestamp) continue;
            uint256 from = word << 8;
            _checkDeadlines(offer, from < first ? first : from, from + 255 > last ? last : from + 255);
        }
    }

    /// @dev Eight deadlines at a time: each lane, with a bit set above it, less the earliest deadline that is still ahead, keeps that
    /// bit if it isn't below.
    function _checkDeadlines(bytes32 offer, uint256 first, uint256 last) private view {
        mapping(uint256 word => uint256) storage words = _deadlines[offer];
        unchecked {
            uint256 least = block.timestamp + 1;
            // No deadline is as late.
            if (least > 1 << 32) least = 1 << 32;
            least *= LANES;
            uint256 end = last >> 3;
            for (uint256 word = first >> 3; word <= end; word++) {
                uint256 lanes = words[word];
                // Lanes outside of the range pass.
                if (word == first >> 3) lanes |= (1 << ((first & 7) << 5)) - 1;
                if (word == end) lanes |= type(uint256).max << (((last & 7) + 1) << 5);
                uint256 ahead = ((lanes & EVEN) | GUARDS) - least;
                ahead &= (((lanes >> 32) & EVEN) | GUARDS) - least;
                if (ahead & GUARDS != GUARDS) _revertPastDeadline(offer, word << 3, lanes);
            }
        }
    }

    function _revertPastDeadline(bytes32 offer, uint256 number, uint256 lanes) private view {
        while (uint32(lanes) > block.timestamp) {
            lanes >>= 32;
            number++;
        }
        revert PastDeadline(offer, number, uint32(lanes), block.timestamp);
    }

    function _lowest(uint256 bits) private pure returns (uint256 index) {
        while (bits & 1 == 0) {
            bits >>= 1;
            index++;
        }
    }

    /// @dev A request that was claimed can be again, this many seconds later than it could.
    function _giveBack(bytes32 offer, uint256 number, uint256 delay) internal returns (uint32 deadline) {
        uint256 later = uint256(deadlineOf(offer, uint64(number))) + delay;
        deadline = later > type(uint32).max ? type(uint32).max : uint32(later);
        _claimable[offer][number >> 8] |= 1 << (number & 255);
        _setDeadline(offer, number, deadline);
    }

    /// @dev A request that nobody has claimed in time never can be again.
    function _retire(bytes32 offer, uint256 number) internal {
        if (!_isClaimable(offer, number)) revert NotRefundable(offer, number);
        uint256 deadline = deadlineOf(offer, uint64(number));
        if (block.timestamp < deadline) revert DeadlineAhead(deadline, block.timestamp);
        _claimable[offer][number >> 8] ^= 1 << (number & 255);
        _setDeadline(offer, number, 0);
    }

    function _setDeadline(bytes32 offer, uint256 number, uint256 deadline) private {
        uint256 shift = (number & 7) << 5;
        uint256 lanes = _deadlines[offer][number >> 3];
        _deadlines[offer][number >> 3] = (lanes & ~(uint256(type(uint32).max) << shift)) | (deadline << shift);
    }

    function _isClaimable(bytes32 offer, uint256 number) internal view returns (bool) {
        return (_claimable[offer][number >> 8] >> (number & 255)) & 1 == 1;
    }

    function _sumBefore(bytes32 offer, uint256 number) private view returns (uint256) {
        if (number == 0) return 0;
        number--;
        return uint128(_sums[offer][number >> 1] >> ((number & 1) << 7));
    }

    /// @dev Reverts unless this is the request held under the number.
    function _checkHeld(bytes32 offer, uint256 number, bytes32 hash) internal view {
        bytes32 held = _hashes[offer][number];
        if (hash != held) revert NotTheRequest(hash, held);
    }

    /// @inheritdoc IRequests
    function feesOf(bytes32 offer, uint64 first, uint32 count) public view returns (uint256) {
        unchecked {
            return uint128(_sumBefore(offer, uint256(first) + count) - _sumBefore(offer, first));
        }
    }

    function requestHash(bytes32 offer, uint64 number) external view returns (bytes32) {
        return _hashes[offer][number];
    }

    /// @inheritdoc IRequests
    function deadlineOf(bytes32 offer, uint64 number) public view returns (uint32) {
        return uint32(_deadlines[offer][number >> 3] >> ((number & 7) << 5));
    }

    /// @inheritdoc IRequests
    function countOf(bytes32 offer) external view returns (uint64) {
        return queues[offer].count;
    }

    /// @inheritdoc IRequests
    function idOf(bytes32 offer, uint64 number) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(offer, number));
    }
}
