// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMoney} from "../src/IMoney.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {Claim, ClaimState, ClaimStatus, Descent, Game, GameState, GameStatus} from "../src/Types.sol";
import {Ledger} from "./utils/Ledger.sol";

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
        (bool done, bytes memory data) = address(_pinpoint).call(abi.encodeCall(IMoney.withdraw, ()));
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

contract MoneyTest is Ledger {
    uint256 private constant HALF = CLAIM_BOND / 2;

    function _open() private returns (bytes32) {
        request.nonce++;
        return _claim();
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

    // One game.

    function testALostChallengePaysTheSubmitter() public {
        _open();
        Game memory game = _narrow(alice, _challenge(alice));
        Descent memory descent = _descent(game);
        vm.recordLogs();
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, new bytes32[](0), false);
        uint256[5] memory amounts = _resolved();
        assertEq(amounts[1], CHALLENGE_BOND);
        assertEq(_owed(submitter), CHALLENGE_BOND);
        assertEq(_owed(alice), 0);
        _checkMoney();
    }

    function testAChallengerThatConcedesKeepsAPart() public {
        _open();
        Game memory game = _challenge(alice);
        vm.recordLogs();
        _concede(alice, game);
        _resolved();
        assertEq(_owed(alice), CHALLENGE_BOND / 2);
        assertEq(_owed(submitter), CHALLENGE_BOND / 2);
        _checkMoney();
    }

    function testTheCallerOfATimeoutGetsAShare() public {
        _open();
        (Game memory game,) = _dissect(_challenge(alice));
        skip(CLOCK);
        vm.recordLogs();
        _timeout(game);
        _resolved();
        assertEq(_owed(anyone), CHALLENGE_BOND / 20);
        assertEq(_owed(submitter), CHALLENGE_BOND - CHALLENGE_BOND / 20);
        _checkMoney();
    }

    function testAFallBurnsHalfAndPaysTheOnlyChallengerTheRest() public {
        _open();
        Game memory game = _challenge(alice);
        skip(CLOCK);
        vm.recordLogs();
        _timeout(game);
        uint256[5] memory amounts = _resolved();
        assertEq(amounts[4], 0);
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(anyone), CLAIM_BOND / 20);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 20);
        assertEq(_owed(submitter), 0);
        _checkMoney();
    }

    function testAConvictionPaysTheChallengerAllThatIsNotBurned() public {
        _lie(7, 99);
        _open();
        Game memory game = _toInstruction(alice, _challenge(alice));
        vm.recordLogs();
        _prove(bob, game);
        _resolved();
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF);
        assertEq(_owed(bob), 0);
        _checkMoney();
    }

    function testASubmitterThatConcedesKeepsAPartOfTheUnburned() public {
        _open();
        Game memory game = _challenge(alice);
        _concede(submitter, game);
        assertEq(pinpoint.burned(), HALF);
        assertEq(_owed(submitter), CLAIM_BOND / 8);
        assertEq(_owed(alice), CHALLENGE_BOND + HALF - CLAIM_BOND / 8);
        _checkMoney();
    }

    /// @dev A liar that loses to itself at once still loses half, whatever others do.
    function testLosingToOneselfCostsHalf() public {
        _open();
        Game memory own = _challenge(bob);
        Game memory honest = _challenge(alice);
        _concede(submitter, own);
        _settle(honest);
        // What was set aside for the honest challenger's selections to come is lost to both.
        assertEq(pinpoint.burned(), HALF + RESERVE - CHALLENGED);
        assertEq(_owed(submitter) + _owed(bob), CHALLENGE_BOND + HALF - RESERVE);
        assertEq(_owed(alice), CHALLENGE_BOND + CHALLENGED);
        _checkMoney();
    }

    function testTheSubmittersBondReturnsWhenItsClaimIsFinal() public {
        _open();
        skip(WINDOW);
        pinpoint.finalize(claimed);
        assertEq(_owed(submitter), CLAIM_BOND);
        assertEq(pinpoint.burned(), 0);
        _checkMoney();
    }

    function testOnlyMootGamesAreSettled() public {
        _open();
        Game memory game = _challenge(alice);
        _refused(
            anyone,
            _settleCall(game),
            abi.encodeWithSelector(
                IPinpoint.NotMoot.selector, _gameId(game), GameStatus.Open, ClaimStatus.Open
            )
        );
        Game memory none = _copy(game);
        none.number++;
        _refused(
            anyone,
            _settleCall(none),
            abi.encodeWithSelector(IPinpoint.GameNotOpen.selector, _gameId(none), GameStatus.None)
        );
    }

    function testMoneyIsPaidByTheGamesOwnOffer() public {
        _open();
        Game memory game = _challenge(alice);
        Claim memory other = claimOf[game.claimId];
        other.offer = keccak256("other");
        bytes memory mismatch =
            abi.encodeWithSelector(IPinpoint.ClaimMismatch.selector, _claimId(other), game.claimId);
        _refused(submitter, abi.encodeCall(IPinpoint.concede, (other, game)), mismatch);
        uint256 snapshot = vm.snapshotState();
        skip(CLOCK);
        _refused(anyone, abi.encodeCall(IPinpoint.timeout, (other, game)), mismatch);
        vm.revertToState(snapshot);
        Game memory second = _challenge(bob);
        _concede(submitter, game);
        _refused(anyone, abi.encodeCall(IPinpoint.settle, (other, second)), mismatch);
    }

    // Withdrawals.

    function testACreditIsPaidOnce() public {
        _open();
        _concede(alice, _challenge(alice));
        uint256 balance = alice.balance;
        vm.prank(alice);
        pinpoint.withdraw();
        assertEq(alice.balance - balance, CHALLENGE_BOND / 2);
        vm.expectRevert(abi.encodeWithSelector(IMoney.NothingToWithdraw.selector, alice));
        vm.prank(alice);
        pinpoint.withdraw();
        _checkMoney();
    }

    function testAWithdrawalCannotBeRepeatedFromWithin() public {
        _open();
        Reentrant thief = new Reentrant(pinpoint);
        others.push(address(thief));
        Game memory game = _gameOf(address(thief));
        opened.push(game);
        bytes32 id = thief.challenge{value: CHALLENGE_BOND}(
            abi.encodeCall(IPinpoint.challenge, (claimed, registration, request, leaf, game.number))
        );
        assertEq(id, _gameId(game));
        _concede(submitter, game);
        uint256 credit = _owed(address(thief));
        thief.withdraw();
        assertEq(address(thief).balance, credit);
        assertEq(thief.attempts(), 1);
        assertEq(thief.result(), abi.encodeWithSelector(IMoney.NothingToWithdraw.selector, address(thief)));
        _checkMoney();
    }

    function testWhoTakesNoMoneyHoldsUpNobody() public {
        _open();
        Refusing refusing = new Refusing();
        others.push(address(refusing));
        Game memory game = _gameOf(address(refusing));
        opened.push(game);
        refusing.forward{value: CHALLENGE_BOND}(
            pinpoint, abi.encodeCall(IPinpoint.challenge, (claimed, registration, request, leaf, game.number))
        );
        Game memory other = _challenge(alice);
        _concede(submitter, game);
        _settle(other);
        vm.prank(alice);
        pinpoint.withdraw();
        uint256 credit = _owed(address(refusing));
        vm.expectRevert(abi.encodeWithSelector(IMoney.WithdrawalFailed.selector, address(refusing), credit));
        refusing.forward(pinpoint, abi.encodeCall(IMoney.withdraw, ()));
        assertEq(_owed(address(refusing)), credit);
        _checkMoney();
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
        Game[] memory games = new Game[](64);
        bytes32[][] memory ends = new bytes32[][](64);
        uint256 count;
        for (uint256 i = 0; i < 40; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 action = seed % 10;
            uint256 pick = count == 0 ? 0 : (seed >> 16) % count;
            if (action == 0 || claimIds.length == 0) {
                if (seed & 256 == 0) _honest();
                else _lie(uint64((seed >> 32) % 300), 99);
                _open();
            } else if (action <= 2 && count < 64) {
                if (_isOpen(claimIds[claimIds.length - 1])) {
                    games[count++] = _challenge((seed >> 8) % 2 == 0 ? alice : bob);
                }
            } else if (action <= 6 && count > 0) {
                // On, by one move or to the other level. Only the newest claim has what the submitter needs.
                Game memory game = games[pick];
                GameState memory state = pinpoint.getGame(_gameId(game));
                if (
                    state.status != GameStatus.Open || game.claimId != claimIds[claimIds.length - 1]
                        || !_isOpen(game.claimId) || _isOut(state)
                ) continue;
                if (game.turn == 1) {
                    uint64 part = uint64((seed >> 24) % ends[pick].length);
                    games[pick] = _select(game.challenger, game, ends[pick], part);
                } else if (game.hi - game.lo > 1) {
                    if (game.level == 1) continue;
                    (games[pick], ends[pick]) = _dissect(game);
                }
            } else if (action == 7 && count > 0) {
                _try(seed & 256 == 0 ? submitter : games[pick].challenger, _concedeCall(games[pick]));
            } else if (action == 8 && count > 0) {
                if (seed & 512 == 0) skip((seed >> 24) % CLOCK);
                _try(anyone, _timeoutCall(games[pick]));
                _try(anyone, _settleCall(games[(seed >> 40) % count]));
                _try(anyone, _finalizeCall(claimIds[(seed >> 48) % claimIds.length]));
            } else {
                address[4] memory accounts = [submitter, alice, bob, anyone];
                _try(accounts[(seed >> 8) % 4], abi.encodeCall(IMoney.withdraw, ()));
            }
            _checkMoney();
        }
        _drain(games, count);
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
    function _drain(Game[] memory games, uint256 count) private {
        vm.warp(START + 1000 days);
        for (uint256 i = 0; i < count; i++) {
            _try(anyone, _timeoutCall(games[i]));
        }
        for (uint256 i = 0; i < count; i++) {
            _try(anyone, _settleCall(games[i]));
        }
        for (uint256 i = 0; i < claimIds.length; i++) {
            _try(anyone, _finalizeCall(claimIds[i]));
        }
        address[4] memory accounts = [submitter, alice, bob, anyone];
        for (uint256 i = 0; i < 4; i++) {
            _try(accounts[i], abi.encodeCall(IMoney.withdraw, ()));
        }
        assertEq(address(pinpoint).balance, pinpoint.burned(), "all is paid out");
    }
}
