// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {ClaimState, ClaimStatus, Game, GameStatus, Terms} from "../src/Types.sol";
import {Ledger} from "./utils/Ledger.sol";

/// @dev What challengers get whose games another one makes moot.
contract RepaymentTest is Ledger {
    uint256 private constant HALF = CLAIM_BOND / 2;

    function _repaid(Game memory game) private view returns (bool) {
        return pinpoint.getGame(_gameId(game)).repaid;
    }

    /// @dev The challenge and the selections at the rate of the offer.
    function _settled(Game memory game, uint256 selections) private {
        uint256 before = _owed(game.challenger);
        uint256 burned = pinpoint.burned();
        bool repaid = _repaid(game);
        vm.recordLogs();
        _settle(game);
        uint256 repayment = repaid ? CHALLENGED + selections * REPAYMENT : 0;
        uint256 rest = repaid ? RESERVE - repayment : 0;
        assertEq(_last(IPinpoint.Settled.selector), abi.encode(CHALLENGE_BOND, repayment, rest), "Settled");
        assertEq(_owed(game.challenger) - before, CHALLENGE_BOND + repayment, "owed");
        assertEq(pinpoint.burned() - burned, rest, "burned");
        _checkMoney();
    }

    // Places.

    function testAnEighthOfTheBondIsThereForRepayments() public {
        bytes32 claimId = _claim();
        for (uint256 i = 0; i < PLACES + 2; i++) {
            assertEq(_repaid(_challenge(i % 2 == 0 ? alice : bob)), i < PLACES);
        }
        assertEq(pinpoint.getClaim(claimId).repaid, PLACES);
        assertEq(pinpoint.getClaim(claimId).open, PLACES + 2);
        _checkMoney();
    }

    function testALostGameFreesItsPlace() public {
        _claim();
        Game memory lost = _challenge(alice);
        for (uint256 i = 1; i < PLACES; i++) {
            _challenge(bob);
        }
        Game memory late = _challenge(bob);
        _concede(alice, lost);
        assertTrue(_repaid(_challenge(carol)));
        assertFalse(_repaid(_challenge(carol)));
        // Who came too late doesn't come to a place later.
        assertFalse(_repaid(late));
        _checkMoney();
    }

    function testALostGameWithoutAPlaceFreesNone() public {
        _claim();
        for (uint256 i = 0; i < PLACES; i++) {
            _challenge(bob);
        }
        _concede(alice, _challenge(alice));
        assertFalse(_repaid(_challenge(carol)));
        _checkMoney();
    }

    function testEveryClaimHasItsOwnPlaces() public {
        _claim();
        for (uint256 i = 0; i < PLACES; i++) {
            _challenge(bob);
        }
        request.nonce++;
        _claim();
        assertTrue(_repaid(_challenge(alice)));
    }

    /// @dev The places are counted in a byte.
    function testThereAreAtMost255Places() public {
        Terms memory terms = _terms();
        terms.claimBond = uint96(8 * 300 * RESERVE);
        offer = registry.offer(model, terms);
        bytes32 end = _end();
        vm.prank(submitter);
        bytes32 claimId = pinpoint.claim{value: terms.claimBond}(offer, request, end, "");
        _record(_singleClaim(end));
        leaf.end = end;
        for (uint256 i = 0; i < 257; i++) {
            assertEq(_repaid(_challenge(alice)), i < 255);
        }
        Game memory winning = _challenge(bob);
        _concede(submitter, winning);
        assertEq(_owed(bob), CHALLENGE_BOND + terms.claimBond / 2 - terms.claimBond / 8 - 255 * RESERVE);
        for (uint256 i = 0; i < 257; i++) {
            _settle(opened[i]);
        }
        assertEq(_owed(alice), 257 * CHALLENGE_BOND + 255 * CHALLENGED);
        assertEq(pinpoint.getClaim(claimId).repaid, 0);
        _checkMoney();
    }

    // Amounts.

    function testEveryMoveIsRepaid() public {
        _lie(7, 99);
        bytes32 claimId = _claim();
        Game memory idle = _challenge(bob);
        Game memory busy = _round(alice, _round(alice, _challenge(alice)));
        Game memory lost = _round(bob, _challenge(bob));
        _concede(bob, lost);
        Game memory winning = _round(carol, _challenge(carol));
        skip(2 * CLOCK);
        vm.recordLogs();
        _timeout(winning);
        uint256 toWinner = HALF - CLAIM_BOND / 20 - 2 * RESERVE;
        assertEq(
            _last(IPinpoint.Resolved.selector),
            abi.encode(false, HALF, 0, CHALLENGE_BOND + toWinner, CLAIM_BOND / 20, 2 * RESERVE)
        );
        assertEq(_owed(carol), CHALLENGE_BOND + toWinner);
        assertEq(pinpoint.burned(), HALF);
        _checkMoney();
        _settled(idle, 0);
        _settled(busy, 2);
        ClaimState memory state = pinpoint.getClaim(claimId);
        assertEq(state.open, 0);
        assertEq(state.repaid, 0);
        assertTrue(state.status == ClaimStatus.Fallen);
        // The game that bob lost cost half of its bond.
        assertEq(_owed(submitter), CHALLENGE_BOND / 2);
        assertEq(_owed(bob), CHALLENGE_BOND / 2 + CHALLENGE_BOND + CHALLENGED);
    }

    function testWhoHasNoPlaceGetsItsBondBack() public {
        _lie(7, 99);
        _claim();
        Game[] memory games = new Game[](PLACES + 1);
        for (uint256 i = 0; i < games.length; i++) {
            games[i] = _round(bob, _challenge(bob));
        }
        Game memory winning = _challenge(alice);
        _concede(submitter, winning);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 8 - PLACES * RESERVE);
        for (uint256 i = 0; i < games.length; i++) {
            _settled(games[i], 1);
        }
    }

    /// @dev The winner's own place isn't held against it.
    function testAWinnerWithAPlaceGivesItUp() public {
        _lie(7, 99);
        _claim();
        Game memory winning = _challenge(alice);
        for (uint256 i = 1; i < PLACES; i++) {
            _challenge(bob);
        }
        _challenge(carol);
        assertTrue(_repaid(winning));
        _concede(submitter, winning);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 8 - (PLACES - 1) * RESERVE);
        _checkMoney();
    }

    function testGamesAtBothLevelsAreRepaid() public {
        _lie(7, 99);
        _claim();
        Game memory deep = _toInstruction(alice, _challenge(alice));
        uint256 moves = pinpoint.getGame(_gameId(deep)).moves;
        // The challenge, 3 selections in the graph (301, 19, 2 steps), 5 in the machine.
        assertEq(moves, 4 + 8);
        Game memory winning = _challenge(bob);
        _concede(submitter, winning);
        _settled(deep, 8);
    }

    function testTheSubmittersMovesAreNot() public {
        _claim();
        (Game memory game,) = _dissect(_challenge(alice));
        assertEq(pinpoint.getGame(_gameId(game)).moves, 4);
    }

    function testTheOrderOfSettlementMattersToNobody() public {
        _lie(7, 99);
        _claim();
        Game memory first = _round(alice, _challenge(alice));
        Game memory second = _round(bob, _round(bob, _challenge(bob)));
        Game memory winning = _challenge(carol);
        _concede(submitter, winning);
        uint256 snapshot = vm.snapshotState();
        _settle(first);
        _settle(second);
        (uint256 forAlice, uint256 forBob) = (_owed(alice), _owed(bob));
        vm.revertToState(snapshot);
        _settle(second);
        _settle(first);
        assertEq(_owed(alice), forAlice);
        assertEq(_owed(bob), forBob);
        _checkMoney();
    }

    function testTwentyChallengersAreAllPaid() public {
        bytes32 claimId = _claim();
        Game[] memory games = new Game[](20);
        for (uint256 i = 0; i < games.length; i++) {
            games[i] = _challenge(i % 2 == 0 ? alice : bob);
        }
        _concede(submitter, games[7]);
        for (uint256 i = 0; i < games.length; i++) {
            if (i != 7) _settled(games[i], 0);
        }
        assertEq(pinpoint.getClaim(claimId).open, 0);
        uint256 burned = HALF + PLACES * (RESERVE - CHALLENGED);
        assertEq(pinpoint.burned(), burned);
        assertEq(_owed(alice) + _owed(bob) + _owed(submitter), 20 * CHALLENGE_BOND + CLAIM_BOND - burned);
    }

    // Losers and winners at once.

    function testChallengersMayLoseBeforeOneWins() public {
        _lie(41, 99);
        bytes32 claimId = _claim();
        // Alice accepts the lie and disputes what is true: the submitter proves the first instruction.
        Game memory losing = _challenge(alice);
        bytes32[] memory ends;
        while (losing.level == 0 || losing.hi - losing.lo > 1) {
            if (losing.hi - losing.lo > 1) (losing, ends) = _dissect(losing);
            else (losing, ends) = _descend(losing);
            losing = _select(alice, losing, ends, 0);
        }
        _prove(submitter, losing);
        assertTrue(_status(losing) == GameStatus.SubmitterWon);
        _checkMoney();
        // Bob lets his clock run out.
        Game memory late = _challenge(bob);
        (late,) = _dissect(late);
        skip(CLOCK);
        _timeout(late);
        assertTrue(_status(late) == GameStatus.SubmitterWon);
        _checkMoney();
        // Carol finds the lie, while bob has a second game.
        Game memory winning = _toInstruction(carol, _challenge(carol));
        Game memory moot = _challenge(bob);
        _prove(carol, winning);
        _expectWon(winning, claimId, false);
        _settled(moot, 0);
        assertEq(_owed(alice), 0);
        assertEq(_owed(bob), CHALLENGE_BOND + CHALLENGED);
        assertEq(_owed(carol), CHALLENGE_BOND + HALF - RESERVE);
        assertEq(_owed(submitter), 2 * CHALLENGE_BOND - CHALLENGE_BOND / 20);
        assertEq(_owed(anyone), CHALLENGE_BOND / 20);
        assertEq(pinpoint.burned(), HALF + RESERVE - CHALLENGED);
    }
}
