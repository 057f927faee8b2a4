// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClaimState, ClaimStatus, Descent, Game, GameState, GameStatus, IPinpoint} from "../src/IPinpoint.sol";
import {Play} from "./utils/Play.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Calls back when it is paid.
contract Reentrant {
    IPinpoint private immutable _pinpoint;
    uint256 public attempts;
    bytes public result;

    constructor(IPinpoint pinpoint) {
        _pinpoint = pinpoint;
    }

    function challenge(bytes calldata call) external payable returns (bytes32) {
        (bool done, bytes memory id) = address(_pinpoint).call{value: msg.value}(call);
        require(done);
        return abi.decode(id, (bytes32));
    }

    function withdraw() external {
        _pinpoint.withdraw();
    }

    receive() external payable {
        attempts++;
        (bool done, bytes memory data) = address(_pinpoint).call(abi.encodeCall(IPinpoint.withdraw, ()));
        require(!done);
        result = data;
    }
}

/// @dev Takes no money.
contract Refusing {
    function forward(IPinpoint pinpoint, bytes calldata call) external payable returns (bytes memory) {
        (bool done, bytes memory result) = address(pinpoint).call{value: msg.value}(call);
        if (!done) {
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
        return result;
    }
}

contract MoneyTest is Play {
    uint256 private constant HALF = CLAIM_BOND / 2;

    bytes32[] private _claims;
    bytes32[] private _games;

    function _owed(address account) private view returns (uint256) {
        return pinpoint.withdrawable(account);
    }

    /// @dev What the contract holds is what it owes, what is locked, and what is burned.
    function _checkSums() private view {
        uint256 sum = pinpoint.burned();
        address[4] memory accounts = [submitter, alice, bob, anyone];
        for (uint256 i = 0; i < 4; i++) {
            sum += _owed(accounts[i]);
        }
        for (uint256 i = 0; i < _claims.length; i++) {
            ClaimState memory state = pinpoint.getClaim(_claims[i]);
            if (state.status == ClaimStatus.Open) sum += CLAIM_BOND;
            if (state.status == ClaimStatus.Fallen) sum += state.pool;
        }
        for (uint256 i = 0; i < _games.length; i++) {
            if (pinpoint.getGame(_games[i]).status == GameStatus.Open) sum += CHALLENGE_BOND;
        }
        assertEq(address(pinpoint).balance, sum, "balance");
    }

    function _open() private returns (bytes32 claimId) {
        request.nonce++;
        claimId = _claim();
        _claims.push(claimId);
    }

    function _play(address challenger) private returns (Game memory game) {
        game = _challenge(challenger);
        _games.push(game.id);
    }

    function _concede(address player, Game memory game) private {
        vm.prank(player);
        pinpoint.concede(game.id);
    }

    /// @dev Amounts of the last Resolved, and that they sum to what the game decided about.
    function _resolved() private returns (uint256[5] memory amounts) {
        bytes memory data = _last(IPinpoint.Resolved.selector);
        bool submitterWon;
        (submitterWon, amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]) =
            abi.decode(data, (bool, uint256, uint256, uint256, uint256, uint256));
        uint256 sum;
        for (uint256 i = 0; i < 5; i++) {
            sum += amounts[i];
        }
        assertEq(sum, submitterWon ? CHALLENGE_BOND : CHALLENGE_BOND + CLAIM_BOND, "Resolved");
    }

    /// @dev Data of the last such event recorded.
    function _last(bytes32 topic) private returns (bytes memory data) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] == topic) data = logs[i].data;
        }
        assertGt(data.length, 0);
    }

    // One game.

    function testALostChallengePaysTheSubmitter() public {
        _open();
        Game memory game = _narrow(alice, _play(alice));
        Descent memory descent = _descent(game);
        vm.recordLogs();
        vm.prank(submitter);
        pinpoint.descend(game, descent, new bytes32[](0));
        uint256[5] memory amounts = _resolved();
        assertEq(amounts[1], CHALLENGE_BOND);
        assertEq(_owed(submitter), CHALLENGE_BOND);
        assertEq(_owed(alice), 0);
        _checkSums();
    }

    function testAChallengerThatConcedesKeepsAPart() public {
        _open();
        Game memory game = _play(alice);
        vm.recordLogs();
        _concede(alice, game);
        _resolved();
        assertEq(_owed(alice), CHALLENGE_BOND / 2);
        assertEq(_owed(submitter), CHALLENGE_BOND / 2);
        _checkSums();
    }

    function testTheCallerOfATimeoutGetsAShare() public {
        _open();
        (Game memory game,) = _dissect(_play(alice));
        skip(CLOCK);
        vm.recordLogs();
        vm.prank(anyone);
        pinpoint.timeout(game.id);
        _resolved();
        assertEq(_owed(anyone), CHALLENGE_BOND / 20);
        assertEq(_owed(submitter), CHALLENGE_BOND - CHALLENGE_BOND / 20);
        _checkSums();
    }

    function testAFallBurnsHalfAndPaysTheOnlyChallengerTheRest() public {
        _open();
        Game memory game = _play(alice);
        skip(CLOCK);
        vm.recordLogs();
        vm.prank(anyone);
        pinpoint.timeout(game.id);
        uint256[5] memory amounts = _resolved();
        assertEq(amounts[4], 0);
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(anyone), CLAIM_BOND / 20);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 20);
        assertEq(_owed(submitter), 0);
        _checkSums();
    }

    function testAConvictionPaysTheChallengerAllThatIsNotBurned() public {
        _lie(7, 99);
        _open();
        Game memory game = _toInstruction(alice, _play(alice));
        vm.recordLogs();
        vm.prank(bob);
        pinpoint.prove(game, _witness());
        _resolved();
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF);
        assertEq(_owed(bob), 0);
        _checkSums();
    }

    function testASubmitterThatConcedesKeepsAPartOfTheUnburned() public {
        _open();
        Game memory game = _play(alice);
        _concede(submitter, game);
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(submitter), CLAIM_BOND / 8);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 8);
        _checkSums();
    }

    /// @dev A liar that loses to itself at once still loses half, whatever others do.
    function testLosingToOneselfCostsHalf() public {
        _open();
        Game memory own = _play(bob);
        Game memory honest = _play(alice);
        _concede(submitter, own);
        pinpoint.settle(honest.id);
        assertEq(pinpoint.burned(), HALF);
        assertLt(_owed(submitter) + _owed(bob), CHALLENGE_BOND + HALF);
        assertGt(_owed(alice), CHALLENGE_BOND);
        _checkSums();
    }

    // Many games.

    function testThePoolIsSharedByMoves() public {
        _lie(7, 99);
        bytes32 claimId = _open();
        Game memory idle = _play(bob);
        Game memory busy = _round(alice, _round(alice, _play(alice)));
        Game memory lost = _round(bob, _play(bob));
        _concede(bob, lost);
        Game memory winning = _round(alice, _play(alice));
        uint256 before = _owed(alice);
        uint256 beforeBob = _owed(bob);
        // Moves: 1 idle, 3 busy, 2 winning; those of the lost game are gone.
        assertEq(pinpoint.getClaim(claimId).weight, 6);
        skip(2 * CLOCK);
        vm.recordLogs();
        vm.prank(anyone);
        pinpoint.timeout(winning.id);
        uint256 pool = HALF - CLAIM_BOND / 20;
        uint256 shared = pool / 2;
        uint256 left = shared - shared * 2 / 6;
        assertEq(_resolved()[4], left);
        assertEq(_owed(alice) - before, CHALLENGE_BOND + pool - left);
        before = _owed(alice);
        pinpoint.settle(idle.id);
        assertEq(_owed(bob) - beforeBob, CHALLENGE_BOND + left / 4);
        pinpoint.settle(busy.id);
        assertEq(_owed(alice) - before, CHALLENGE_BOND + left - left / 4);
        ClaimState memory state = pinpoint.getClaim(claimId);
        assertEq(state.pool, 0);
        assertEq(state.weight, 0);
        assertEq(state.openGames, 0);
        _checkSums();
    }

    function testTheOrderOfSettlementMattersToNobody() public {
        _lie(7, 99);
        _open();
        Game memory first = _round(alice, _play(alice));
        Game memory second = _round(bob, _round(bob, _play(bob)));
        Game memory winning = _play(anyoneFunded());
        _concede(submitter, winning);
        uint256 snapshot = vm.snapshotState();
        pinpoint.settle(first.id);
        pinpoint.settle(second.id);
        (uint256 forAlice, uint256 forBob) = (_owed(alice), _owed(bob));
        vm.revertToState(snapshot);
        pinpoint.settle(second.id);
        pinpoint.settle(first.id);
        // Rounding goes to whoever is last.
        assertLt(_difference(_owed(alice), forAlice), 2);
        assertLt(_difference(_owed(bob), forBob), 2);
        _checkSums();
    }

    function anyoneFunded() private returns (address) {
        vm.deal(anyone, 10 ether);
        return anyone;
    }

    function _difference(uint256 x, uint256 y) private pure returns (uint256) {
        return x > y ? x - y : y - x;
    }

    function testTwentyChallengersAreAllPaid() public {
        bytes32 claimId = _open();
        Game[] memory games = new Game[](20);
        for (uint256 i = 0; i < games.length; i++) {
            games[i] = _play(i % 2 == 0 ? alice : bob);
        }
        _concede(submitter, games[7]);
        for (uint256 i = 0; i < games.length; i++) {
            if (i != 7) pinpoint.settle(games[i].id);
        }
        ClaimState memory state = pinpoint.getClaim(claimId);
        assertEq(state.pool, 0);
        assertEq(state.openGames, 0);
        assertEq(_owed(alice) + _owed(bob) + _owed(submitter), 20 * CHALLENGE_BOND + CLAIM_BOND - HALF);
        _checkSums();
    }

    function testOnlyMootGamesAreSettled() public {
        bytes32 claimId = _open();
        Game memory game = _play(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.NotMoot.selector, game.id, GameStatus.Open, ClaimStatus.Open)
        );
        pinpoint.settle(game.id);
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.NotMoot.selector, claimId, GameStatus.None, ClaimStatus.None)
        );
        pinpoint.settle(claimId);
    }

    // Withdrawals.

    function testACreditIsPaidOnce() public {
        _open();
        _concede(alice, _play(alice));
        uint256 balance = alice.balance;
        vm.prank(alice);
        pinpoint.withdraw();
        assertEq(alice.balance - balance, CHALLENGE_BOND / 2);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NothingToWithdraw.selector, alice));
        vm.prank(alice);
        pinpoint.withdraw();
        _checkSums();
    }

    function testAWithdrawalCannotBeRepeatedFromWithin() public {
        _open();
        Reentrant thief = new Reentrant(pinpoint);
        bytes32 end = _end();
        bytes32 id = thief.challenge{value: CHALLENGE_BOND}(
            abi.encodeCall(IPinpoint.challenge, (request, submitter, end))
        );
        vm.prank(submitter);
        pinpoint.concede(id);
        uint256 credit = _owed(address(thief));
        thief.withdraw();
        assertEq(address(thief).balance, credit);
        assertEq(thief.attempts(), 1);
        assertEq(thief.result(), abi.encodeWithSelector(IPinpoint.NothingToWithdraw.selector, address(thief)));
        _checkSums();
    }

    function testWhoTakesNoMoneyHoldsUpNobody() public {
        _open();
        Refusing refusing = new Refusing();
        bytes32 end = _end();
        bytes32 id = abi.decode(
            refusing.forward{value: CHALLENGE_BOND}(
                pinpoint, abi.encodeCall(IPinpoint.challenge, (request, submitter, end))
            ),
            (bytes32)
        );
        Game memory other = _play(alice);
        vm.prank(submitter);
        pinpoint.concede(id);
        pinpoint.settle(other.id);
        vm.prank(alice);
        pinpoint.withdraw();
        uint256 credit = _owed(address(refusing));
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.WithdrawalFailed.selector, address(refusing), credit)
        );
        refusing.forward(pinpoint, abi.encodeCall(IPinpoint.withdraw, ()));
        assertEq(_owed(address(refusing)), credit);
    }

    function testMoneyIsNotTakenWithoutACall() public {
        vm.prank(alice);
        (bool sent,) = address(pinpoint).call{value: 1}("");
        assertFalse(sent);
    }

    // Any sequence of moves.

    /// @dev Forty moves, each drawn from the seed; many are refused.
    /// forge-config: default.fuzz.runs = 96
    function testFuzzNothingIsCreatedOrLost(uint256 seed) public {
        anyoneFunded();
        Game[] memory games = new Game[](64);
        bytes32[][] memory ends = new bytes32[][](64);
        uint256 count;
        for (uint256 i = 0; i < 40; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 action = seed % 10;
            uint256 pick = count == 0 ? 0 : (seed >> 16) % count;
            if (action == 0 || _claims.length == 0) {
                if (seed & 256 == 0) _honest();
                else _lie(uint64((seed >> 32) % 300), 99);
                _open();
            } else if (action <= 2 && count < 64) {
                if (_isOpen(_claims[_claims.length - 1])) {
                    games[count++] = _play((seed >> 8) % 2 == 0 ? alice : bob);
                }
            } else if (action <= 6 && count > 0) {
                // On, by one move or to the other level. Only the newest claim has what the submitter needs.
                Game memory game = games[pick];
                GameState memory state = pinpoint.getGame(game.id);
                if (
                    state.status != GameStatus.Open || state.claimId != _claims[_claims.length - 1]
                        || !_isOpen(state.claimId) || _isOut(state)
                ) continue;
                if (game.turn == 1) {
                    uint64 part = uint64((seed >> 24) % ends[pick].length);
                    games[pick] = _select(state.challenger, game, ends[pick], part);
                } else if (game.hi - game.lo > 1) {
                    if (game.level == 1) continue;
                    (games[pick], ends[pick]) = _dissect(game);
                }
            } else if (action == 7 && count > 0) {
                GameState memory state = pinpoint.getGame(games[pick].id);
                _try(
                    seed & 256 == 0 ? submitter : state.challenger,
                    abi.encodeCall(IPinpoint.concede, (games[pick].id))
                );
            } else if (action == 8 && count > 0) {
                if (seed & 512 == 0) skip((seed >> 24) % CLOCK);
                _try(anyone, abi.encodeCall(IPinpoint.timeout, (games[pick].id)));
                _try(anyone, abi.encodeCall(IPinpoint.settle, (games[(seed >> 40) % count].id)));
                _try(anyone, abi.encodeCall(IPinpoint.finalize, (_claims[(seed >> 48) % _claims.length])));
            } else {
                address[4] memory accounts = [submitter, alice, bob, anyone];
                _try(accounts[(seed >> 8) % 4], abi.encodeCall(IPinpoint.withdraw, ()));
            }
            _checkSums();
        }
        _drain();
    }

    function _isOpen(bytes32 claimId) private view returns (bool) {
        ClaimState memory state = pinpoint.getClaim(claimId);
        return state.status == ClaimStatus.Open && block.timestamp < state.windowEnds;
    }

    function _isOut(GameState memory state) private view returns (bool) {
        uint256 clock = state.turn == 0 ? state.submitterClock : state.challengerClock;
        return block.timestamp - state.lastMove >= clock;
    }

    function _try(address sender, bytes memory call) private {
        vm.prank(sender);
        (bool done,) = address(pinpoint).call(call);
        done;
    }

    /// @dev After everybody's time is over, all but what is burned can be withdrawn.
    function _drain() private {
        vm.warp(START + 1000 days);
        for (uint256 i = 0; i < _games.length; i++) {
            _try(anyone, abi.encodeCall(IPinpoint.timeout, (_games[i])));
        }
        for (uint256 i = 0; i < _games.length; i++) {
            _try(anyone, abi.encodeCall(IPinpoint.settle, (_games[i])));
        }
        for (uint256 i = 0; i < _claims.length; i++) {
            _try(anyone, abi.encodeCall(IPinpoint.finalize, (_claims[i])));
        }
        address[4] memory accounts = [submitter, alice, bob, anyone];
        for (uint256 i = 0; i < 4; i++) {
            _try(accounts[i], abi.encodeCall(IPinpoint.withdraw, ()));
        }
        assertEq(address(pinpoint).balance, pinpoint.burned(), "all is paid out");
    }
}
