// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {InferenceConsumer} from "../consumer/InferenceConsumer.sol";
import {IRequests, Order} from "../IRequests.sol";

/// @title A bounty for the first picture that a model takes for a digit
/// @notice An example of a consumer. The model is a digit classifier: input 28 x 28 bytes, and in output slot 1 the class as an i32.
/// Entries are paid by who makes them; nothing is decided before a result is final.
contract DigitBounty is InferenceConsumer {
    error WrongPicture(uint256 length, uint256 wanted);
    error OfferInToken(address token);
    error NothingToCollect(address account);
    error CollectingFailed(address account);

    event Entered(bytes32 indexed id, uint64 indexed number, address indexed player);
    event Judged(bytes32 indexed id, address indexed player, uint256 class, bool won);
    event Unreadable(bytes32 indexed id, address indexed player);
    event Returned(bytes32 indexed id, address indexed player, uint256 fee);

    struct Entry {
        address player;
        uint96 fee;
    }

    uint256 private constant PICTURE_BYTES = 28 * 28;
    uint16 private constant CLASS_SLOT = 1;
    uint16 private constant CLASS_BYTES = 4;
    uint32 private constant CALLBACK_GAS = 150_000;
    uint256 private constant TIME_TO_CLAIM = 1 days;

    bytes32 public immutable OFFER;
    uint256 public immutable DIGIT;
    uint256 public bounty;

    mapping(bytes32 id => Entry) private _entries;
    mapping(address account => uint256) public collectable;

    constructor(IRequests requests, bytes32 offer, uint256 digit) payable InferenceConsumer(requests) {
        (address token,) = requests.quote(offer);
        if (token != address(0)) revert OfferInToken(token);
        OFFER = offer;
        DIGIT = digit;
        bounty = msg.value;
    }

    /// @notice Has a picture judged. What is sent along is the fee: `estimateFee(OFFER, 150,000)` or more.
    function enter(bytes calldata picture) external payable returns (bytes32 id, uint64 number) {
        if (picture.length != PICTURE_BYTES) revert WrongPicture(picture.length, PICTURE_BYTES);
        Order memory order;
        order.offer = OFFER;
        order.iterations = 1;
        order.deadline = uint32(block.timestamp + TIME_TO_CLAIM);
        order.outputSlot = CLASS_SLOT;
        order.outputBytes = CLASS_BYTES;
        order.callbackGas = CALLBACK_GAS;
        (id, number) = requestInference(order, picture, "", msg.value);
        _entries[id] = Entry(msg.sender, uint96(msg.value));
        emit Entered(id, number, msg.sender);
    }

    /// @dev The class is little-endian, as all tensors are.
    function onInferenceResult(bytes32 id, bytes calldata output, bytes calldata) internal override {
        uint256 class = uint8(output[0]);
        bool won = class == DIGIT && bytes3(output[1:4]) == 0 && bounty != 0;
        address player = _entries[id].player;
        emit Judged(id, player, class, won);
        if (won) {
            collectable[player] += bounty;
            bounty = 0;
        }
    }

    /// @dev The run was made, so its fee is spent.
    function onInferenceError(bytes32 id, bytes calldata) internal override {
        emit Unreadable(id, _entries[id].player);
    }

    /// @notice Returns the fee of an entry that nobody has judged in time, once Requests has refunded it. For anyone to call.
    function giveBack(uint64 number) external {
        bytes32 id = refundedInference(OFFER, number);
        Entry memory entry = _entries[id];
        collectable[entry.player] += entry.fee;
        emit Returned(id, entry.player, entry.fee);
        // All that is owed, for this entry and for others: the first that comes fetches it.
        if (REQUESTS.withdrawable(address(0), address(this)) != 0) withdrawFees(address(0), address(this));
    }

    function collect() external {
        uint256 amount = collectable[msg.sender];
        if (amount == 0) revert NothingToCollect(msg.sender);
        collectable[msg.sender] = 0;
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert CollectingFailed(msg.sender);
    }

    /// @dev Refunds come from there.
    receive() external payable {
        if (msg.sender != address(REQUESTS)) revert OnlyRequests(msg.sender);
    }
}
